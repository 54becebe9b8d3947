//! Parameters and graphs on disk.
//!
//! What a file may cost while it is loaded: of parameters 4 times its size, beside the network; of a graph, which has 4 MiB of text at most, 24 times
//! its size. `train/tests/files/room.rs` loads both in a process that gets no more.

mod atomic;
mod error;
mod json;
mod matching;
mod safetensors;

pub use atomic::write_atomically;
pub use error::IoError;
pub use json::{JsonError, graph_from_json, graph_to_json, load_graph, save_graph};
pub use matching::{LoadReport, Mismatch, load_matching, load_renamed, load_renamed_with};
pub use safetensors::{OnNonFinite, load_safetensors, load_safetensors_bytes, load_safetensors_with, save_safetensors};
pub(crate) use safetensors::{decode, dtype, encode, first_non_finite, read};
