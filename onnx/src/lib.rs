//! ONNX models from Layercake graphs, and Layercake graphs from ONNX models.
//!
//! [`export()`] writes a [`Graph`](layercake_ir::Graph) and its tensors as the bytes of an ONNX file, [`import()`] reads such bytes. Neither touches a file,
//! runs a network or knows a tensor library; `layercake::io::onnx` does that. [`import_beside`] reads models whose tensors are in files beside them, such as those
//! of a [`Folder`].
//!
//! An ONNX value has its batch as an axis like any other; a value of a graph never has. [`export()`] puts the batch first in every input and output.
//! [`import()`] follows the batch axis through the file, so that a file which transposes it (as recurrent networks do) becomes a graph without it.

mod beside;
mod export;
mod import;
mod proto;
mod refusal;
mod tensor;

pub use beside::{Beside, Folder, InMemory, Nothing, Section};
pub use export::{DynamicAxis, DynamicError, OPSET, export, export_dynamic};
pub use import::{BatchAxis, BatchPlaces, ImportError, Imported, LoadOptions, NEWEST_OPSET, OLDEST_OPSET, Unfit, import, import_beside};
pub use refusal::{Refusal, Refusals};
pub use tensor::Tensor;
