//! What a run is for.

/// What a run is for: how dropout and batch normalisation behave, and what is kept for the backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Inference behaviour; nothing is kept, there is no backward.
    Infer,
    /// Inference behaviour: no dropout, running statistics. What backward needs is kept.
    Eval,
    /// Training behaviour: dropout, statistics of the batch, and the running statistics updated.
    Train,
}
