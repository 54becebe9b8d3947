//! Token ids that are out of range.

use std::fmt::Display;

use dfdx::tensor_ops::Device;
use layercake_engine::EngineError;
use layercake_ir::{Graph, Mistake, Op};

use crate::Scalar;
use crate::device_error::DeviceError;
use crate::run::value::Value;

/// A token id that is not below the number of rows of an embedding that reads it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{layer}` has {rows} rows, but receives the id {id} at {position:?} of `{input}` (ids are counted from 0; the first index is the batch)"
)]
#[non_exhaustive]
pub struct IdError {
    /// The embedding's name.
    pub layer: String,
    /// Its number of rows.
    pub rows: usize,
    /// The input's name.
    pub input: String,
    /// The id.
    pub id: usize,
    /// Its position in the input: the sample, and the position in the sample.
    pub position: Vec<usize>,
}

/// Why a network could not run. `Err` is the device's error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardError<Err: Display> {
    /// An id is out of range.
    #[error(transparent)]
    Id(Box<IdError>),
    /// A layer cannot take inputs of this length, which is known only at run time; a length of 0, for instance.
    #[error(transparent)]
    Shape(Box<Mistake>),
    /// The device cannot run a batch of this size.
    #[error(transparent)]
    Run(Box<EngineError>),
    /// The device failed, most likely because it is out of memory.
    #[error("the device failed: {reason}")]
    Device {
        /// dfdx's error.
        error: Err,
        /// What it means, and the layer.
        reason: DeviceError,
    },
}

impl<Err: Display + 'static> From<Err> for ForwardError<Err> {
    fn from(error: Err) -> Self {
        let reason = DeviceError::of(&error);
        Self::Device { error, reason }
    }
}

impl<Err: Display> ForwardError<Err> {
    /// The device's error.
    ///
    /// # Panics
    /// Panics with the text of the error if it is any other.
    pub(crate) fn device(self) -> Err {
        match self {
            Self::Device { error, reason } => {
                reason.give_back();
                error
            }
            Self::Id(error) => panic!("{error}"),
            Self::Shape(mistake) => panic!("{mistake}"),
            Self::Run(error) => panic!("{error}"),
        }
    }
}

/// Unwraps the result.
///
/// # Panics
/// Panics with the text of the error.
pub fn or_panic<T, Err: std::fmt::Display>(outcome: Result<T, ForwardError<Err>>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error}"))
}

/// Checks all ids against the embeddings that read them. Both paths run the graph after this check.
pub(crate) fn check<E: Scalar, D: Device<E>, Err: Display>(graph: &Graph, inputs: &[Value<E, D>]) -> Result<(), ForwardError<Err>> {
    first(graph, inputs).map_or(Ok(()), |error| Err(ForwardError::Id(Box::new(error))))
}

/// The first id that is out of range.
pub(crate) fn first<E: Scalar, D: Device<E>>(graph: &Graph, inputs: &[Value<E, D>]) -> Option<IdError> {
    for node in graph.nodes() {
        let Op::Embedding(op) = node.op else { continue };
        // Ids are always inputs, never computed.
        let value = node.inputs()[0];
        let Some(at) = inputs[value].ids().iter().position(|&id| id >= op.num_embeddings) else { continue };
        let mut rest = at;
        let mut position: Vec<usize> = Vec::new();
        for &size in inputs[value].dims().iter().rev() {
            position.insert(0, rest % size);
            rest /= size;
        }
        let (layer, input) = (node.name.to_string(), graph.value_name(value).into_owned());
        return Some(IdError { layer, rows: op.num_embeddings, input, id: inputs[value].ids()[at], position });
    }
    None
}
