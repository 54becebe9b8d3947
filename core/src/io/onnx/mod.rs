//! ONNX files: whole models, for other programs to run, and from other programs.
//!
//! [`save()`] writes any [model with a graph](crate::HasGraph) in `f32` on the CPU, as it is at inference, in the operators of version [`OPSET`]. The first axis of each input and output is
//! the batch, of any size. Tensors keep PyTorch's names (`conv1.weight`); the weights of recurrent layers are stored in ONNX's gate order, as `lstm.W_l0`.
//! A layer is one ONNX node where ONNX has it; attention and some others are written out. Layers that only train, such as dropout, leave nothing. Custom
//! layers have no form in ONNX: they are refused, all of a network at once.
//!
//! [`load`] reads a file into a [`GraphModel`](crate::GraphModel). What exporters compute from shapes is computed when the file is read. What has no layer here
//! is refused with the name of its node, all of a file at once. A file that is damaged in any way gives an error. Memory: at most 128 times the size of the
//! file, and 8 MiB; the numbers that the model holds are included.
//!
//! ```
//! use layercake::prelude::*;
//!
//! network! { Digits: [1, 8, 8] -> [10] { conv1: Conv2d(4, kernel = 3), ReLU, Flatten, fc: Linear(10) } }
//!
//! let net = Digits::new(&Cpu::seed_from_u64(0));
//! let path = std::env::temp_dir().join("digits.onnx");
//! io::onnx::save(&net, &path)?;
//!
//! let again = io::onnx::load(&path)?;
//! let image: Tensor<Rank4<1, 1, 8, 8>, f32, _> = Cpu::default().ones();
//! let (one, other): (Tensor<(usize, Const<10>), f32, _>, Tensor<Rank2<1, 10>, f32, _>) = (again.forward(image.clone()), net.forward(image));
//! assert!(one.as_vec().iter().zip(other.as_vec()).all(|(a, b)| (a - b).abs() < 1e-5));
//! # std::fs::remove_file(path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod load;
mod parameters;
mod save;
#[doc(hidden)]
pub mod typed;

pub use error::{ExportError, OnnxError};
pub use layercake_onnx::{
    BatchAxis, BatchPlaces, DynamicAxis, DynamicError, ImportError, LoadOptions, NEWEST_OPSET, OLDEST_OPSET, OPSET, Refusal, Refusals,
    Unfit,
};
pub use load::{load, load_bytes, load_placed, load_with};
pub use parameters::load_parameters;
pub use save::{save, save_dynamic, save_resized, to_bytes};
