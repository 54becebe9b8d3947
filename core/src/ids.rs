//! Token ids that no embedding has a row for.

use dfdx::tensor_ops::Device;
use layercake_ir::{Graph, Mistake, Op};

use crate::Scalar;
use crate::value::Value;

/// A token id that is not below the vocabulary of the embedding that reads it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{layer}` has {rows} rows, counted from 0, but receives the id {id} at {position:?} of `{input}`, the batch counted")]
#[non_exhaustive]
pub struct IdError {
    /// The embedding's name.
    pub layer: String,
    /// Its rows.
    pub rows: usize,
    /// The input's name.
    pub input: String,
    /// The id.
    pub id: usize,
    /// Where it stands in the input: the sample, and the place in it.
    pub position: Vec<usize>,
}

/// Why a network that takes token ids could not run. `Err` is the device's error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardError<Err> {
    /// An id is too large.
    #[error(transparent)]
    Id(Box<IdError>),
    /// A layer cannot act on inputs of this length, which is known when the network runs: a length of 0 among others.
    #[error(transparent)]
    Shape(Box<Mistake>),
    /// The device failed, most likely for want of memory.
    #[error("the device failed: {0}")]
    Device(Err),
}

impl<Err> From<Err> for ForwardError<Err> {
    fn from(error: Err) -> Self {
        Self::Device(error)
    }
}

impl<Err> ForwardError<Err> {
    /// The device's error.
    ///
    /// # Panics
    /// With the text of any other.
    pub(crate) fn device(self) -> Err {
        match self {
            Self::Device(error) => error,
            Self::Id(error) => panic!("{error}"),
            Self::Shape(mistake) => panic!("{mistake}"),
        }
    }
}

/// What came out.
///
/// # Panics
/// With the error's text.
pub fn or_panic<T, Err: std::fmt::Display>(outcome: Result<T, ForwardError<Err>>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error}"))
}

/// Refuses an id that an embedding has no row for. Whichever path runs the graph, it runs behind this.
pub(crate) fn check<E: Scalar, D: Device<E>, Err>(graph: &Graph, inputs: &[Value<E, D>]) -> Result<(), ForwardError<Err>> {
    first(graph, inputs).map_or(Ok(()), |error| Err(ForwardError::Id(Box::new(error))))
}

/// The first id that is too large.
pub(crate) fn first<E: Scalar, D: Device<E>>(graph: &Graph, inputs: &[Value<E, D>]) -> Option<IdError> {
    for node in graph.nodes() {
        let Op::Embedding(op) = node.op else { continue };
        // Ids are never worked out: they are an input's.
        let value = node.inputs()[0];
        let Some(at) = inputs[value].ids().iter().position(|&id| id >= op.num_embeddings) else { continue };
        let mut rest = at;
        let mut position: Vec<usize> = Vec::new();
        for &size in inputs[value].dims().iter().rev() {
            position.insert(0, rest % size);
            rest /= size;
        }
        let (layer, input) = (node.name.to_string(), graph.value_name(value).to_owned());
        return Some(IdError { layer, rows: op.num_embeddings, input, id: inputs[value].ids()[at], position });
    }
    None
}
