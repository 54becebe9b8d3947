//! Weighted sampling.

use rand::distributions::{Distribution, WeightedIndex};

use super::Sampler;
use crate::data::{DataError, seed::stream};

/// Draws items with replacement, with probabilities proportional to their weights; PyTorch's `WeightedRandomSampler`.
#[derive(Clone, Debug)]
pub struct WeightedSampler {
    distribution: WeightedIndex<f64>,
    items: usize,
    count: usize,
    seed: u64,
}

impl WeightedSampler {
    /// Draws `count` items per epoch. There is one weight per item.
    ///
    /// # Errors
    /// Returns an error if a weight is negative or NaN, or all are 0.
    pub fn new(weights: &[f64], count: usize, seed: u64) -> Result<Self, DataError> {
        let distribution = WeightedIndex::new(weights).map_err(|error| DataError::Weights { reason: error.to_string() })?;
        Ok(Self { distribution, items: weights.len(), count, seed })
    }

    /// Class-balanced sampling: all classes are equally likely, with as many draws as items.
    ///
    /// # Errors
    /// Returns an error if there are no labels.
    pub fn balanced(labels: &[usize], seed: u64) -> Result<Self, DataError> {
        let mut counts = vec![0usize; labels.iter().max().map_or(0, |most| most + 1)];
        labels.iter().for_each(|&label| counts[label] += 1);
        let weights: Vec<f64> = labels.iter().map(|&label| 1.0 / counts[label] as f64).collect();
        Self::new(&weights, labels.len(), seed)
    }
}

impl Sampler for WeightedSampler {
    /// # Panics
    /// Panics if the number of items differs from the number of weights.
    fn order(&self, epoch: usize, len: usize) -> Vec<usize> {
        assert_eq!(len, self.items, "a weight for each item");
        let mut random = stream("weighted order", self.seed, [epoch as u64, 0]);
        (0..self.count).map(|_| self.distribution.sample(&mut random)).collect()
    }

    fn count(&self, _: usize) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_follow_the_weights() {
        let sampler = WeightedSampler::new(&[1.0, 0.0, 3.0], 40_000, 5).unwrap();
        let order = sampler.order(1, 3);
        let share = |item| order.iter().filter(|&&drawn| drawn == item).count() as f64 / 40_000.0;
        assert!((share(0) - 0.25).abs() < 0.01 && share(1) == 0.0 && (share(2) - 0.75).abs() < 0.01);
        assert!(order == sampler.order(1, 3) && order != sampler.order(2, 3));
        // Class 0 has 9 of 10 items, but half of the draws.
        let labels = [[0; 90].to_vec(), [1; 10].to_vec()].concat();
        let sampler = WeightedSampler::balanced(&labels, 1).unwrap();
        let ones: usize = (1..=100).map(|epoch| sampler.order(epoch, 100).iter().filter(|&&item| labels[item] == 1).count()).sum();
        assert!((4_600..5_400).contains(&ones), "{ones} of 10000");
    }

    #[test]
    fn weights_that_make_no_sense() {
        for weights in [&[][..], &[0.0, 0.0], &[1.0, -1.0], &[f64::NAN]] {
            assert!(WeightedSampler::new(weights, 1, 0).is_err(), "{weights:?}");
        }
    }
}
