//! Why a run cannot start.

/// Why [`crate::Engine::start`] refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// A batch of no samples.
    #[error("the batch is empty; a run needs at least one sample")]
    EmptyBatch,
    /// Training a batch normalisation on one value a channel: its variance is not defined, and PyTorch refuses it too.
    #[error("`{layer}` cannot take statistics of a single value a channel while training; use a batch of at least 2")]
    SingleValue {
        /// The layer's name.
        layer: String,
    },
    /// An operation that the engine does not know.
    #[error("`{layer}` is a {kind}, which the CPU engine cannot run")]
    Unsupported {
        /// The layer's name.
        layer: String,
        /// The operation.
        kind: &'static str,
    },
    /// A graph whose buffers cannot be counted, let alone held.
    #[error("a batch of {batch} needs more memory than can be addressed")]
    TooLarge {
        /// The batch size.
        batch: usize,
    },
}
