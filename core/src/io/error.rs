//! Errors of files.

use std::io;
use std::path::PathBuf;

use super::JsonError;
use crate::gradient::NonFinite;

/// An error of reading or writing a file of parameters or of a graph. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    /// The file could not be read.
    #[error("{}: cannot read it: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file could not be written.
    #[error("{}: cannot write it: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Two tensors of the module have the same path.
    #[error("{}: cannot write it: two tensors of the module have the path `{name}`", path.display())]
    Duplicate {
        /// The file.
        path: PathBuf,
        /// The tensors' path in the module.
        name: String,
    },
    /// The file is not in the format that it seems to be in, or damaged.
    #[error("{}: not a valid {format} file: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format: `safetensors`, `PyTorch`, `npz` or `zip`.
        format: &'static str,
        /// The reason.
        reason: String,
    },
    /// The file has something that is not read, or cannot be written.
    #[error("{}: {reason}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What it has, and what to do.
        reason: String,
    },
    /// The file is not the state of this optimizer.
    #[error("{}: expected {expected}, found {found}", path.display())]
    OptimizerState {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The network has a tensor that is not in the file.
    #[error("{}: `{name}` is missing; the network has it with shape {expected:?}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The tensor's path in the network.
        name: String,
        /// The network's shape.
        expected: Vec<usize>,
    },
    /// The network has a tensor that is in the file under a longer or a shorter path, as all tensors of a `DataParallel` of PyTorch are.
    #[error("{}: `{name}` is missing, but there is `{found}`; load it under other names: `io::load_renamed(&mut net, path, {rename})`", path.display())]
    Renamed {
        /// The file.
        path: PathBuf,
        /// The tensor's path in the network.
        name: String,
        /// Its name in the file.
        found: String,
        /// A function that renames it so.
        rename: String,
    },
    /// A tensor's shape in the file differs from the network's.
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
    /// The file has a tensor that the network does not have.
    #[error("{}: `{name}` with shape {found:?} is not in the network", path.display())]
    Unexpected {
        /// The file.
        path: PathBuf,
        /// The tensor's name in the file.
        name: String,
        /// The file's shape.
        found: Vec<usize>,
    },
    /// A tensor has a number type that is not supported.
    #[error("{}: `{name}` holds {}", path.display(), not_read(found))]
    Dtype {
        /// The file.
        path: PathBuf,
        /// The tensor's name in the file.
        name: String,
        /// The number type in the file.
        found: String,
    },
    /// A tensor has a NaN or infinite number.
    #[error("{}: expected finite numbers, but {found}", path.display())]
    NonFinite {
        /// The file.
        path: PathBuf,
        /// The tensor, and its first such number.
        found: NonFinite,
    },
    /// The file is not a valid graph file, or a graph cannot be written to a file.
    #[error("{}: {reason}", path.display())]
    Graph {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: JsonError,
    },
}

/// What of NumPy is not read, and what to do about words.
pub(super) fn not_read(kind: &str) -> String {
    if kind.trim_start_matches(['<', '>', '|', '=']).starts_with(['U', 'S']) {
        return format!(
            "words, of type {kind}, which are not read; `names, y = numpy.unique(words, return_inverse=True)` gives each a number"
        );
    }
    format!("numbers of type {kind}, which is not read")
}
