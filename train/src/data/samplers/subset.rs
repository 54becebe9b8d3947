//! A subset of the items.

use super::{Sampler, random::shuffle};

/// The items with these indices, in this order or shuffled in each epoch; PyTorch's `SubsetRandomSampler`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubsetSampler {
    /// The indices; they may repeat. An index out of range is an error of the loader.
    pub indices: Vec<usize>,
    /// The seed for shuffling; `None` keeps the order of the indices.
    pub shuffle: Option<u64>,
}

impl Sampler for SubsetSampler {
    fn order(&self, epoch: usize, _: usize) -> Vec<usize> {
        let mut order = self.indices.clone();
        if let Some(seed) = self.shuffle {
            shuffle(&mut order, seed, epoch);
        }
        order
    }

    fn count(&self, _: usize) -> usize {
        self.indices.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_and_no_others() {
        let listed = SubsetSampler { indices: vec![7, 3, 5, 3], shuffle: None };
        assert_eq!((listed.order(1, 10), listed.order(2, 10), listed.count(10)), (vec![7, 3, 5, 3], vec![7, 3, 5, 3], 4));
        let shuffled = SubsetSampler { indices: (0..40).map(|i| 2 * i).collect(), shuffle: Some(1) };
        let mut order = shuffled.order(1, 100);
        assert!(order != shuffled.indices && order != shuffled.order(2, 100) && order == shuffled.order(1, 100));
        order.sort_unstable();
        assert_eq!(order, shuffled.indices);
    }
}
