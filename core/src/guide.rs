//! The guide: how to declare networks, the layers, the errors, Layercake for users of PyTorch, editors, networks in ONNX
//! files (with the feature `onnx`), and CUDA.
//!
//! Every example is compiled and run by the tests.

#[doc = include_str!("../guide/language.md")]
pub mod language {}

#[doc = include_str!("../guide/layers.md")]
pub mod layers {}

#[doc = include_str!("../guide/errors.md")]
pub mod errors {}

#[doc = include_str!("../guide/pytorch.md")]
pub mod pytorch {}

#[doc = include_str!("../guide/editor.md")]
pub mod editor {}

#[cfg(feature = "onnx")]
#[doc = include_str!("../guide/onnx.md")]
pub mod onnx {}

#[doc = include_str!("../guide/cuda.md")]
pub mod cuda {}
