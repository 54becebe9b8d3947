//! Errors of ONNX files.

use std::io;
use std::path::PathBuf;

use layercake_ir::Mistake;
use layercake_onnx::Refusals;

/// Why an ONNX file cannot be written. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file could not be written.
    #[error("{}: cannot write it: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Layers of the network have no form in ONNX.
    #[error("{}: the network cannot be written as ONNX:\n{refusals}", path.display())]
    Layers {
        /// The file.
        path: PathBuf,
        /// All such layers.
        refusals: Refusals,
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
