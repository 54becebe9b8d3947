//! Files: parameters as safetensors, graphs as JSON; with the feature `onnx`, whole models as ONNX.
//!
//! The memory that reading takes is bounded: for parameters, 4 times the size of the file in addition to the network; for a graph, 24 times the size
//! of the file, which is at most 4 MiB. `train/tests/train/files/room.rs` tests these bounds.

mod atomic;
mod error;
mod json;
mod matching;
#[cfg(feature = "onnx")]
pub mod onnx;
mod safetensors;

pub use atomic::write_atomically;
pub use error::IoError;
pub use json::{JsonError, graph_from_json, graph_to_json, load_graph, save_graph};
pub use matching::{LoadReport, Mismatch, load_matching, load_renamed, load_renamed_with};
pub use safetensors::{OnNonFinite, load_safetensors, load_safetensors_bytes, load_safetensors_with, save_safetensors};
pub(crate) use safetensors::{decode, dtype, encode, first_non_finite, read};
