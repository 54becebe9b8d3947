//! Which items an epoch shows, and in which order.

mod random;
mod subset;
mod weighted;

pub use random::RandomSampler;
pub use subset::SubsetSampler;
pub use weighted::WeightedSampler;

/// Chooses the items of an epoch. The order of an epoch depends on its number and the sampler's fields alone, so a run can go on at any
/// epoch without having gone through those before. PyTorch's `Sampler`.
pub trait Sampler: Send + Sync {
    /// The items of epoch `epoch`, counted from 1, of a set of `len`.
    fn order(&self, epoch: usize, len: usize) -> Vec<usize>;

    /// How many items an epoch has, of a set of `len`.
    fn count(&self, len: usize) -> usize {
        len
    }
}

/// All items from the first to the last. PyTorch's `SequentialSampler`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SequentialSampler;

impl Sampler for SequentialSampler {
    fn order(&self, _: usize, len: usize) -> Vec<usize> {
        (0..len).collect()
    }
}
