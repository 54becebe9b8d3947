//! ONNX files: whole models, for other programs to run.
//!
//! [`save()`] writes any network in `f32` on the CPU, as it is at inference, in the operators of version [`OPSET`]. The first axis of each input and output is
//! the batch, of any size. Tensors keep PyTorch's names (`conv1.weight`); the weights of recurrent layers are stored in ONNX's gate order, as `lstm.W_l0`.
//! A layer is one ONNX node where ONNX has it; attention and some others are written out. Layers that only train, such as dropout, leave nothing. Custom
//! layers have no form in ONNX: they are refused, all of a network at once.
//!
//! ```
//! use layercake::prelude::*;
//!
//! network! { Digits: [1, 8, 8] -> [10] { conv1: Conv2d(4, kernel = 3), ReLU, Flatten, fc: Linear(10) } }
//!
//! let net = Digits::new(&Cpu::seed_from_u64(0));
//! let path = std::env::temp_dir().join("digits.onnx");
//! io::onnx::save(&net, &path)?;
//! # std::fs::remove_file(path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod save;

pub use error::OnnxError;
pub use layercake_onnx::{OPSET, Refusal, Refusals};
pub use save::{Portrayed, save, save_resized, to_bytes};
