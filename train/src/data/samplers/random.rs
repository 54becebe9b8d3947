//! Shuffling.

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use super::Sampler;

/// All items in a new random order in each epoch; PyTorch's `RandomSampler`. The order is a function of the seed and the epoch, independent of
/// all other random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomSampler {
    /// The seed.
    pub seed: u64,
}

impl Sampler for RandomSampler {
    fn order(&self, epoch: usize, len: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..len).collect();
        shuffle(&mut order, self.seed, epoch);
        order
    }
}

/// Shuffles items for an epoch.
pub(super) fn shuffle(items: &mut [usize], seed: u64, epoch: usize) {
    items.shuffle(&mut StdRng::from_seed(key(seed, epoch as u64)));
}

/// A unique key of seed and epoch, with a name that keeps it apart from `StdRng::seed_from_u64`.
fn key(seed: u64, epoch: u64) -> [u8; 32] {
    let mut key = *b"order of images in an epoch     ";
    key[16..24].copy_from_slice(&seed.to_le_bytes());
    key[24..].copy_from_slice(&epoch.to_le_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depends_on_seed_and_epoch_alone() {
        let order = |seed, epoch| RandomSampler { seed }.order(epoch, 100);
        assert_eq!(order(1, 2), order(1, 2));
        assert_ne!(order(1, 2), order(1, 3));
        assert_ne!(order(1, 2), order(2, 2));
        assert_ne!(order(1, 2), order(2, 1));
        let mut all = order(7, 1);
        assert_ne!(all, (0..100).collect::<Vec<_>>());
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
    }
}
