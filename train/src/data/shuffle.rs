//! The order in which images are shown.

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// A new order each epoch, the same for the same seed. It draws from a stream of its own: neither the device's draws (initial
/// weights, dropout) nor what was done between the epochs change it, so the order of an epoch depends on its number and the seed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shuffle {
    /// The seed.
    pub seed: u64,
}

impl Shuffle {
    /// The order of `count` images in this epoch.
    pub fn order(&self, epoch: usize, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        order.shuffle(&mut StdRng::from_seed(key(self.seed, epoch as u64)));
        order
    }
}

/// Seed and epoch side by side, so that no two pairs share a stream, under a name that keeps it apart from `StdRng::seed_from_u64`.
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
        let order = |seed, epoch| Shuffle { seed }.order(epoch, 100);
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
