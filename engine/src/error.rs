//! Why a run cannot start.

/// Why [`crate::Engine::start`] failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The batch has no samples.
    #[error("the batch is empty; a run needs at least one sample")]
    EmptyBatch,
    /// Training batch normalization on one value per channel, whose variance is not defined. PyTorch refuses it too.
    #[error("`{layer}` cannot compute statistics of a single value per channel in training; use a batch of at least 2")]
    SingleValue {
        /// The layer's name.
        layer: String,
    },
    /// An operation that the engine does not have.
    #[error("`{layer}` is a {kind}, which the CPU engine cannot run")]
    Unsupported {
        /// The layer's name.
        layer: String,
        /// The operation.
        kind: &'static str,
    },
    /// A value of the graph has no elements, so the graph was not built by the rules.
    #[error("`{name}` has a size of 0; every size must be at least 1")]
    Empty {
        /// The name of the input, or of the layer whose output it is.
        name: String,
    },
    /// The buffers need more memory than there is.
    #[error("a batch of {batch} needs {bytes} bytes, more memory than there is; `{layer}` needs most of them")]
    TooLarge {
        /// The name of the layer that needs most.
        layer: String,
        /// The batch size.
        batch: usize,
        /// The number of bytes that the run, or that layer alone, needs.
        bytes: u128,
    },
    /// The system refused the memory for the buffers.
    #[error("a batch of {batch} needs {bytes} bytes of memory, which the system refused")]
    OutOfMemory {
        /// The batch size.
        batch: usize,
        /// The number of bytes that the run needs.
        bytes: u128,
    },
    /// A tensor has more elements than the device counts.
    #[error("`{layer}` needs a tensor of {elements} elements for a batch of {batch}; the device counts up to 4294967295")]
    TooManyElements {
        /// The layer's name.
        layer: String,
        /// The batch size.
        batch: usize,
        /// The number of elements.
        elements: u128,
    },
    /// The variable `LAYERCAKE_SIMD` names no instruction set, or one that the machine lacks.
    #[error("LAYERCAKE_SIMD is `{name}`, {why}; it takes `scalar`, `v3` for AVX2 or `v4` for AVX-512")]
    InstructionSet {
        /// Its value.
        name: String,
        /// The reason.
        why: &'static str,
    },
}
