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
//! A value is named by its input or node, or by its number (inputs first, then nodes) where several have the name. `shares` names the node
//! whose tensors a node uses. `output` may be left out.

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

/// Writes a graph as JSON, to be read without the code that defined it. Networks within the network are written as their layers. The same
/// graph gives the same text, and what is written reads as the same graph.
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
/// [`JsonError::Unwritable`]: if the graph breaks a rule, is larger than what is read, or holds what JSON cannot (an option that is
/// infinite, a name with control characters).
pub fn graph_to_json(graph: &Graph) -> Result<String, JsonError> {
    write::write(graph)
}

/// Reads a graph from JSON. All rules are applied again, by [`crate::ir::Builder`].
///
/// # Errors
/// If the text is no JSON, or more than 4 MiB; if it says anything that is unknown, missing, there twice or used before it is there; if the
/// graph has more than 2,048 values or numbers beyond 2^32; if a rule is broken or an output is not what was stated.
pub fn graph_from_json(text: &str) -> Result<Graph, JsonError> {
    read::read(text)
}

/// [`graph_to_json`] into a file, which is never half written.
///
/// # Errors
/// [`IoError::Graph`], or if the file cannot be written.
pub fn save_graph(graph: &Graph, path: impl AsRef<Path>) -> Result<(), IoError> {
    let path = path.as_ref();
    let text = graph_to_json(graph).map_err(|reason| IoError::Graph { path: path.into(), reason })?;
    write_atomically(path, text.as_bytes()).map_err(|source| IoError::Write { path: path.into(), source })
}

/// [`graph_from_json`] from a file.
///
/// # Errors
/// [`IoError::Graph`], or if the file cannot be read.
pub fn load_graph(path: impl AsRef<Path>) -> Result<Graph, IoError> {
    let path = path.as_ref();
    let text = read_text(path).map_err(|source| IoError::Read { path: path.into(), source })?;
    // Some editors begin a text with a byte order mark.
    graph_from_json(text.strip_prefix('\u{feff}').unwrap_or(&text)).map_err(|reason| IoError::Graph { path: path.into(), reason })
}

/// A device file could be endless: only a plain file is read, and no more of it than is needed to refuse it.
fn read_text(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    let mut text = String::new();
    File::open(path)?.take(read::MOST_BYTES as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}
