//! Why a run cannot start.

/// Why [`crate::Engine::start`] refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
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
    /// A graph that was not built by the rules: a value of it has no elements.
    #[error("`{name}` has a size of 0; every size must be at least 1")]
    Empty {
        /// The name of the input, or of the layer whose output it is.
        name: String,
    },
    /// A graph for whose buffers there is no memory.
    #[error("a batch of {batch} takes {bytes} bytes, for which there is no memory; `{layer}` needs most of them")]
    TooLarge {
        /// The name of the layer that needs most.
        layer: String,
        /// The batch size.
        batch: usize,
        /// What the run, or that layer alone, would take.
        bytes: u128,
    },
    /// The system refused memory for the buffers.
    #[error("a batch of {batch} takes {bytes} bytes, which the system refused")]
    OutOfMemory {
        /// The batch size.
        batch: usize,
        /// What the run would take.
        bytes: u128,
    },
    /// The variable `LAYERCAKE_SIMD` names no instruction set, or one that the machine lacks.
    #[error("LAYERCAKE_SIMD is `{name}`, {why}; it takes `scalar`, `v3` for AVX2 or `v4` for AVX-512")]
    InstructionSet {
        /// What it is set to.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
}
