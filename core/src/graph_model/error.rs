//! Errors of graphs that are built at run time.

use std::fmt::Display;

use layercake_engine::EngineError;
use layercake_ir::{Mistake, Shape};

use crate::device_error::DeviceError;
use crate::ids::IdError;

/// Why a [`crate::GraphModel`] cannot be built or run. For a network declared with `network!` the compiler reports most of these mistakes.
/// `Err` is the device's error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError<Err: Display> {
    /// The graph violates a shape rule.
    #[error("invalid graph `{graph}`: {mistake}")]
    Rule {
        /// The graph's name.
        graph: String,
        /// The mistake.
        mistake: Box<Mistake>,
    },
    /// The tensors of a layer, or their initial values, are not known.
    #[error("`{node}` is a {kind}; its tensors are not known at run time")]
    UnknownTensors {
        /// The layer's name.
        node: String,
        /// The operation.
        kind: &'static str,
    },
    /// The number of inputs is wrong.
    #[error("`{graph}` takes {expected} inputs, but receives {found}")]
    Count {
        /// The graph's name.
        graph: String,
        /// The number of inputs of the graph.
        expected: usize,
        /// The number of inputs that were given.
        found: usize,
    },
    /// An input has the wrong shape.
    #[error("`{graph}` expects `{input}` of shape {}, but receives {found:?}", batched(expected))]
    Input {
        /// The graph's name.
        graph: String,
        /// The input's name.
        input: String,
        /// The shape of one sample.
        expected: Shape,
        /// The sizes of the given tensor, batch axis first.
        found: Vec<usize>,
    },
    /// An input has token ids instead of numbers, or numbers instead of token ids.
    #[error("`{graph}` expects `{input}` of shape {}, but receives {found}", batched(expected))]
    InputKind {
        /// The graph's name.
        graph: String,
        /// The input's name.
        input: String,
        /// The shape of one sample.
        expected: Shape,
        /// "token ids" or "numbers".
        found: &'static str,
    },
    /// A token id is out of range.
    #[error("`{graph}`: {error}")]
    Id {
        /// The graph's name.
        graph: String,
        /// The id and its position.
        error: Box<IdError>,
    },
    /// The batch is empty, or the inputs have different batch sizes.
    #[error("`{graph}` expects inputs of one batch size, at least 1, but receives batch sizes {found:?}")]
    Batch {
        /// The graph's name.
        graph: String,
        /// The batch size of each input.
        found: Vec<usize>,
    },
    /// The caller's type does not fit the outputs.
    #[error("`{graph}` returns outputs of shapes {found:?}, but the caller asked for {asked}")]
    Output {
        /// The graph's name.
        graph: String,
        /// The shapes of the outputs, batch axis first.
        found: Vec<Vec<usize>>,
        /// The type that the caller asked for.
        asked: &'static str,
    },
    /// The engine cannot run this batch.
    #[error("`{graph}` cannot run on a batch of {batch}: {reason}")]
    Run {
        /// The graph's name.
        graph: String,
        /// The batch size.
        batch: usize,
        /// The engine's error.
        reason: EngineError,
    },
    /// The device failed, most likely because it is out of memory.
    #[error("the device failed: {reason}")]
    Device {
        /// dfdx's error.
        error: Err,
        /// What it means, and the layer.
        reason: DeviceError,
    },
}

/// The shape of a batch of such samples: `[batch, 3, 8, 8]`, `usize[batch, 6]`.
fn batched(sample: &Shape) -> String {
    sample.to_string().replacen('[', "[batch, ", 1)
}

impl<Err: Display + 'static> From<Err> for GraphError<Err> {
    fn from(error: Err) -> Self {
        let reason = DeviceError::of(&error);
        Self::Device { error, reason }
    }
}
