//! Graphs as JSON.
//!
//! ```json
//! {
//!   "format": "layercake-graph",
//!   "version": 1,
//!   "name": "Small",
//!   "inputs": [
//!     {"name": "input", "shape": [1, 8, 8]}
//!   ],
//!   "nodes": [
//!     {"name": "flatten", "op": "Flatten", "inputs": ["input"], "output": [64]},
//!     {"name": "fc", "op": "Linear", "in_features": 64, "out_features": 10, "bias": true, "inputs": ["flatten"], "output": [10]}
//!   ],
//!   "outputs": [
//!     {"name": "output", "value": "fc"}
//!   ]
//! }
//! ```
//!
//! A value is referred to by the name of its input or node; if several values have that name, by its number (inputs first, then nodes).
//! `shares` names the node whose tensors a node uses. `output` is optional.

mod error;
mod fields;
mod op;
mod read;
mod tree;
mod write;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use layercake_ir::Graph;

pub use error::JsonError;

use super::{IoError, write_atomically};

const FORMAT: &str = "layercake-graph";
const VERSION: u64 = 1;

/// Writes a graph as JSON, which can be read without the code that declared the graph. Networks in the graph are expanded. Equal graphs
/// give equal texts, and reading the text gives the same graph.
///
/// ```
/// use layercake::io::{graph_from_json, graph_to_json};
/// use layercake::prelude::*;
///
/// network! { Net: [1, 8, 8] -> [10] { Flatten, fc: Linear(10) } }
///
/// let text = graph_to_json(Net::GRAPH)?;
/// assert!(text.contains(r#"{"name": "fc", "op": "Linear", "in_features": 64, "out_features": 10, "bias": true, "#));
/// assert_eq!(graph_from_json(&text)?, *Net::GRAPH);
/// # Ok::<(), layercake::io::JsonError>(())
/// ```
///
/// # Errors
/// Returns [`JsonError::Unwritable`] if the graph violates a shape rule, exceeds the limits for reading, or has values that JSON cannot
/// represent (an infinite option, a name with control characters).
pub fn graph_to_json(graph: &Graph) -> Result<String, JsonError> {
    write::write(graph)
}

/// Reads a graph from JSON. [`crate::ir::Builder`] applies all shape rules again.
///
/// # Errors
/// Returns an error if the text is not JSON or longer than 4 MiB; if a field is unknown, missing, duplicate, or refers to a later value; if
/// the graph has more than 2,048 values or a number above 2^32; if a shape rule is violated, or a stated output is wrong.
pub fn graph_from_json(text: &str) -> Result<Graph, JsonError> {
    read::read(text)
}

/// Writes [`graph_to_json`] to a file, atomically.
///
/// # Errors
/// Returns [`IoError::Graph`], or an error if the file cannot be written.
pub fn save_graph(graph: &Graph, path: impl AsRef<Path>) -> Result<(), IoError> {
    let path = path.as_ref();
    let text = graph_to_json(graph).map_err(|reason| IoError::Graph { path: path.into(), reason })?;
    write_atomically(path, text.as_bytes()).map_err(|source| IoError::Write { path: path.into(), source })
}

/// Reads [`graph_from_json`] from a file.
///
/// # Errors
/// Returns [`IoError::Graph`], or an error if the file cannot be read.
pub fn load_graph(path: impl AsRef<Path>) -> Result<Graph, IoError> {
    let path = path.as_ref();
    let text = read_text(path).map_err(|source| IoError::Read { path: path.into(), source })?;
    // Some editors write a byte order mark.
    graph_from_json(text.strip_prefix('\u{feff}').unwrap_or(&text)).map_err(|reason| IoError::Graph { path: path.into(), reason })
}

/// Only regular files are read, because a device file could be endless, and no more bytes than needed to detect that a file is too long.
fn read_text(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut text = String::new();
    File::open(path)?.take(read::MOST_BYTES as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}
