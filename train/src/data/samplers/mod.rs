//! Samplers: the items of an epoch and their order.

mod random;
mod subset;
mod weighted;

pub use random::RandomSampler;
pub use subset::SubsetSampler;
pub use weighted::WeightedSampler;

/// Determines the items of an epoch and their order; PyTorch's `Sampler`. The order must be a function of the epoch and the sampler's fields, so
/// that a run can be resumed at any epoch.
pub trait Sampler: Send + Sync {
    /// The indices of epoch `epoch`, counted from 1, of a data set of `len` items.
    fn order(&self, epoch: usize, len: usize) -> Vec<usize>;

    /// Number of items per epoch, of a data set of `len` items.
    fn count(&self, len: usize) -> usize {
        len
    }
}

/// All items in order; PyTorch's `SequentialSampler`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SequentialSampler;

impl Sampler for SequentialSampler {
    fn order(&self, _: usize, len: usize) -> Vec<usize> {
        (0..len).collect()
    }
}
