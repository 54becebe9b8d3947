//! The mode of a run.

/// The mode of a run: how dropout and batch normalization behave, and what is kept for the backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Inference: nothing is kept, and there is no backward pass.
    Infer,
    /// Inference with a backward pass: no dropout, running statistics.
    Eval,
    /// Training: dropout, statistics of the batch, and updates of the running statistics.
    Train,
}
