//! Why a graph made at run time cannot be built or run.

use layercake_engine::EngineError;
use layercake_ir::{Mistake, Shape};

use crate::ids::IdError;

/// A [`crate::GraphModel`] could not be built, or does not take what it was given. What the compiler says of a network declared by
/// `network!`, this says at run time. `Err` is the device's error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError<Err> {
    /// The graph breaks a rule.
    #[error("the graph `{graph}` cannot be a network: {mistake}")]
    Rule {
        /// The graph's name.
        graph: String,
        /// What is wrong.
        mistake: Box<Mistake>,
    },
    /// It is not known what tensors a layer has, or with which numbers they begin.
    #[error("`{node}` is a {kind}, whose tensors are not known at run time")]
    NoInitial {
        /// The layer's name.
        node: String,
        /// The operation.
        kind: &'static str,
    },
    /// Another number of inputs.
    #[error("`{graph}` takes {expected} inputs, but receives {found}")]
    Count {
        /// The graph's name.
        graph: String,
        /// Its inputs.
        expected: usize,
        /// Those that came.
        found: usize,
    },
    /// An input of another shape.
    #[error("`{graph}` takes `{input}` as {expected} behind the batch axis, but receives {found:?}, the batch axis counted")]
    Input {
        /// The graph's name.
        graph: String,
        /// The input's name.
        input: String,
        /// The shape of one sample.
        expected: Shape,
        /// The sizes that came, the batch axis first.
        found: Vec<usize>,
    },
    /// Token ids where numbers are taken, or numbers where ids are.
    #[error("`{graph}` takes `{input}` as {expected} behind the batch axis, but receives {found}")]
    Numbers {
        /// The graph's name.
        graph: String,
        /// The input's name.
        input: String,
        /// The shape of one sample.
        expected: Shape,
        /// What came: "token ids" or "numbers".
        found: &'static str,
    },
    /// A token id is too large.
    #[error("`{graph}`: {error}")]
    Id {
        /// The graph's name.
        graph: String,
        /// Which, and where.
        error: Box<IdError>,
    },
    /// No samples, or not as many in one input as in the other.
    #[error("`{graph}` takes inputs of one batch, of at least one sample, but receives batches of {found:?}")]
    Batch {
        /// The graph's name.
        graph: String,
        /// The batch of each input.
        found: Vec<usize>,
    },
    /// The caller asked for outputs of other types.
    #[error("`{graph}` gives {found:?}, the batch axes counted, but was asked for {asked}")]
    Output {
        /// The graph's name.
        graph: String,
        /// The outputs' sizes.
        found: Vec<Vec<usize>>,
        /// The type that was asked for.
        asked: &'static str,
    },
    /// The batch cannot run.
    #[error("`{graph}` cannot run on a batch of {batch}: {reason}")]
    Run {
        /// The graph's name.
        graph: String,
        /// The batch.
        batch: usize,
        /// Why not.
        reason: EngineError,
    },
    /// The device failed, most likely for want of memory.
    #[error("the device failed: {0}")]
    Device(Err),
}

impl<Err> From<Err> for GraphError<Err> {
    fn from(error: Err) -> Self {
        Self::Device(error)
    }
}
