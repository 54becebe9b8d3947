//! What can be wrong with a file.

use std::io;
use std::path::PathBuf;

use super::JsonError;
use crate::gradient::NonFinite;

/// A file of parameters or of a graph could not be written or read. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    /// The file could not be read.
    #[error("{}: cannot read it: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file could not be written.
    #[error("{}: cannot write it: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Two tensors of the module have one path, under which a file holds one.
    #[error("{}: cannot write it: two tensors of the module have the path `{name}`", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The tensors' path in the module.
        name: String,
    },
    /// The file is not in the safetensors format, or damaged.
    #[error("{}: not a valid safetensors file: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The network has a tensor that the file lacks.
    #[error("{}: it holds no `{name}`, which the network has with shape {expected:?}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The tensor's path in the network.
        name: String,
        /// The network's shape.
        expected: Vec<usize>,
    },
    /// A tensor's shape differs.
    #[error("{}: `{name}` has shape {found:?} in the file, but {expected:?} in the network", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The tensor's path in the network.
        name: String,
        /// The network's shape.
        expected: Vec<usize>,
        /// The file's shape.
        found: Vec<usize>,
    },
    /// The file has a tensor that the network lacks.
    #[error("{}: it holds `{name}` with shape {found:?}, which the network does not have", path.display())]
    Unexpected {
        /// The file.
        path: PathBuf,
        /// The tensor's name in the file.
        name: String,
        /// The file's shape.
        found: Vec<usize>,
    },
    /// A tensor's numbers are of a type that is not read.
    #[error("{}: `{name}` holds {found} numbers; only F32 and F64 are read", path.display())]
    Dtype {
        /// The file.
        path: PathBuf,
        /// The tensor's name in the file.
        name: String,
        /// The file's number type.
        found: String,
    },
    /// A tensor holds NaN or an infinite number.
    #[error("{}: expected finite numbers, but {found}", path.display())]
    NonFinite {
        /// The file.
        path: PathBuf,
        /// The tensor, and its first such number.
        found: NonFinite,
    },
    /// The file holds no graph, or a graph cannot be put into a file.
    #[error("{}: {reason}", path.display())]
    Graph {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: JsonError,
    },
}
