//! Files: parameters as safetensors, graphs as JSON; with the feature `zip`, parameters from files of PyTorch and of NumPy (`.npz`); with the feature `onnx`,
//! whole models as ONNX.
//!
//! The memory that reading takes is bounded: for parameters in safetensors, 4 times the size of the file in addition to twice the network; for a graph, 24
//! times the size of the file, which is at most 4 MiB. `train/tests/train/files/room.rs` tests these bounds. The other formats, and reading arrays, have bounds of their
//! own: see [`read_arrays`], `pytorch` and `onnx`.

#[cfg(feature = "zip")]
mod archive;
mod arrays;
mod atomic;
mod convert;
mod error;
mod json;
mod matching;
#[cfg(feature = "zip")]
mod npz;
#[cfg(feature = "onnx")]
pub mod onnx;
#[cfg(feature = "zip")]
pub mod pytorch;
mod report;
mod safetensors;
mod strict;

pub use arrays::{Array, Arrays, NumberType, read_arrays, write_arrays};
pub use atomic::write_atomically;
pub use convert::{ConvertOptions, ConvertReport, convert};
pub use error::IoError;
pub use json::{JsonError, graph_from_json, graph_to_json, load_graph, save_graph};
pub use matching::{load_matching, load_renamed, load_renamed_with};
#[cfg(feature = "zip")]
pub use npz::NpyFile;
pub use report::{Converted, LeftOut, LoadReport, Mismatch};
pub use safetensors::{OnNonFinite, load_safetensors, load_safetensors_bytes, load_safetensors_with, save_safetensors};
pub use strict::load_parameters;

pub(crate) use arrays::{Entry, Source};
use safetensors::{bytes, is_counter};
pub(crate) use safetensors::{dtype, encode, first_non_finite, read, tensors};
