//! Errors of ONNX files.

use std::io;
use std::path::PathBuf;

use layercake_ir::Mistake;
use layercake_onnx::{DynamicError, ImportError, Refusals};

use crate::NoGraph;

/// Why a model has no form in ONNX.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Layers that have none.
    #[error("the network cannot be written as ONNX:\n{0}")]
    Layers(#[from] Refusals),
    /// A struct of models has no graph.
    #[error(transparent)]
    Graph(#[from] NoGraph),
}

/// Why an ONNX file cannot be read or written. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file could not be read.
    #[error("{}: cannot read it: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file is damaged, leaves sizes open, or has something that Layercake has no layer for.
    #[error("{}: {reason}", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// The reason, with all nodes that it is about.
        reason: ImportError,
    },
    /// The network that was read cannot be built.
    #[error("{}: {reason}", path.display())]
    Network {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A network cannot be written with these axes left open.
    #[error("{}: {reason}", path.display())]
    Dynamic {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: DynamicError,
    },
    /// A network that was read while its program was compiled has another file now.
    #[error("{}: it describes another network than `{network}` was compiled from; compile the program again with this file", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The network.
        network: String,
    },
    /// Tensors that differ from the model's.
    #[error("{}: {}", path.display(), reasons.join("\n"))]
    Tensors {
        /// The file.
        path: PathBuf,
        /// What differs, a line for each tensor.
        reasons: Vec<String>,
    },
    /// The file could not be written.
    #[error("{}: cannot write it: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The model cannot be written as ONNX.
    #[error("{}: {reason}", path.display())]
    Export {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: ExportError,
    },
    /// The network does not accept inputs of the shapes that were asked for.
    #[error("{}: {mistake}", path.display())]
    Shapes {
        /// The file.
        path: PathBuf,
        /// The mistake.
        mistake: Box<Mistake>,
    },
}
