//! ONNX models from Layercake graphs.
//!
//! [`export()`] writes a [`Graph`](layercake_ir::Graph) and its tensors as the bytes of an ONNX file. It touches no file,
//! runs no network and knows no tensor library; `layercake::io::onnx` does that.
//!
//! An ONNX value has its batch as an axis like any other; a value of a graph never has. [`export()`] puts the batch first in every input and output.

mod export;
mod proto;
mod refusal;
mod tensor;

pub use export::{OPSET, export};
pub use refusal::{Refusal, Refusals};
pub use tensor::Tensor;
