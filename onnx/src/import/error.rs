//! Why a file cannot be read.

use std::fmt;

use super::{NEWEST_OPSET, OLDEST_OPSET};
use crate::Refusals;

/// An option that does not fit the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Its name: that of a size or of an input.
    pub option: String,
    /// Why.
    pub reason: String,
}

/// Why the bytes of an ONNX file are not a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportError {
    /// The bytes are not an ONNX model.
    Format(String),
    /// The operators are of a version that is not read.
    Version {
        /// The version in the file.
        found: i64,
    },
    /// Sizes that the file leaves open and the options do not give.
    Open(Vec<String>),
    /// Options that do not fit the file.
    Options(Vec<Unfit>),
    /// Inputs, tensors or outputs that cannot be part of a graph.
    Values(Vec<String>),
    /// Nodes that Layercake has no layer for.
    Nodes(Refusals),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(reason) => write!(f, "not a valid ONNX file: {reason}"),
            Self::Version { found } => write!(f, "operators of version {found}; versions {OLDEST_OPSET} to {NEWEST_OPSET} are read"),
            Self::Open(sizes) => write!(f, "sizes that the file leaves open have to be given: {}", sizes.join("; ")),
            Self::Options(unfit) => f.write_str(&unfit.iter().map(|unfit| unfit.reason.as_str()).collect::<Vec<_>>().join("\n")),
            Self::Values(reasons) => f.write_str(&reasons.join("\n")),
            Self::Nodes(refusals) => write!(f, "{refusals}"),
        }
    }
}

impl std::error::Error for ImportError {}
