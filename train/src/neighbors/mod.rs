//! Classification by k nearest neighbors: nothing is learned, all training images are stored.
//!
//! T. Cover, P. Hart: *Nearest Neighbor Pattern Classification*, IEEE Transactions on Information Theory 13(1), 1967.

mod distance;

use rayon::prelude::*;

use crate::ConfusionMatrix;
use crate::data::Images;
pub use distance::Distance;

/// A k-nearest-neighbors classifier: the training images and a distance.
#[derive(Clone, Debug)]
pub struct NearestNeighbors {
    known: Images,
    distance: Distance,
}

impl NearestNeighbors {
    /// Stores the training images.
    pub fn new(known: Images, distance: Distance) -> Self {
        Self { known, distance }
    }

    /// For each image, the classes of its `k` nearest training images, nearest first. Ties keep the order of the training set.
    ///
    /// # Panics
    /// Panics if the images do not have the size of the training images, or `k` is 0 or more than their number.
    pub fn nearest(&self, images: &Images, k: usize) -> Vec<Vec<usize>> {
        assert_eq!(images.shape(), self.known.shape(), "images of one size");
        assert!((1..=self.known.len()).contains(&k), "{k} neighbors of {}", self.known.len());
        // Several images at a time: the training images are read once for all of them.
        const TOGETHER: usize = 16;
        let indices: Vec<usize> = (0..images.len()).collect();
        let groups = indices.par_chunks(TOGETHER).map(|group| {
            let mut nearest: Vec<Vec<(u64, usize)>> = vec![Vec::with_capacity(k + 1); group.len()];
            for i in 0..self.known.len() {
                let known = self.known.image(i);
                for (nearest, &index) in nearest.iter_mut().zip(group) {
                    let distance = self.distance.between(images.image(index), known);
                    if nearest.len() < k || distance < nearest[k - 1].0 {
                        let place = nearest.partition_point(|&(other, _)| other <= distance);
                        nearest.insert(place, (distance, self.known.labels()[i]));
                        nearest.truncate(k);
                    }
                }
            }
            nearest.into_iter().map(|nearest| nearest.into_iter().map(|(_, label)| label).collect()).collect::<Vec<Vec<usize>>>()
        });
        groups.flatten_iter().collect()
    }

    /// Classifies the images by `k` neighbors and counts the predictions.
    ///
    /// # Panics
    /// The same as [`NearestNeighbors::nearest`].
    pub fn evaluate(&self, images: &Images, k: usize) -> ConfusionMatrix {
        count(&self.nearest(images, k), images, k)
    }

    /// The accuracy on `images` for each of the `ks`, with one search for the neighbors.
    ///
    /// # Panics
    /// The same as [`NearestNeighbors::nearest`] for the largest of the `ks`; also if `ks` is empty.
    pub fn accuracies(&self, images: &Images, ks: &[usize]) -> Vec<f64> {
        let largest = ks.iter().copied().max().expect("`ks` contains at least one number");
        let nearest = self.nearest(images, largest);
        ks.iter().map(|&k| count(&nearest, images, k).accuracy()).collect()
    }
}

/// Majority vote of the first `k` neighbors.
fn count(nearest: &[Vec<usize>], images: &Images, k: usize) -> ConfusionMatrix {
    let classes = images.classes().len();
    let mut confusion = ConfusionMatrix::new(classes);
    for (nearest, &label) in nearest.iter().zip(images.labels()) {
        let mut votes = vec![0.0; classes];
        for &class in &nearest[..k] {
            votes[class] += 1.0;
        }
        // A tie goes to the class of the nearest neighbor.
        let winner = votes.iter().copied().fold(0.0, f32::max);
        let first = nearest[..k].iter().find(|&&class| votes[class] == winner).expect("one class has the most votes");
        votes[*first] += 0.5;
        confusion.count(&votes, &[label]);
    }
    confusion
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Split, digits};

    fn set(pixels: &[u8], labels: &[usize]) -> Images {
        let classes = (0..3).map(|class| class.to_string()).collect();
        Images::new("a line", [1, 1, 1], pixels.to_vec(), labels.to_vec(), classes).unwrap()
    }

    #[test]
    fn the_nearest_come_first_and_vote() {
        let known = set(&[10, 20, 30, 200, 210], &[0, 1, 1, 2, 2]);
        let neighbors = NearestNeighbors::new(known, Distance::L1);
        let asked = set(&[12, 205, 25], &[0, 2, 0]);
        // 200 and 210 have the same distance to 205, as 20 and 30 have to 25.
        assert_eq!(neighbors.nearest(&asked, 3), [[0, 1, 1], [2, 2, 1], [1, 1, 0]]);
        // Predictions with one neighbor: 0, 2, 1. With three: 1 (two votes of three), 2, 1.
        assert_eq!(neighbors.accuracies(&asked, &[1, 3]), [2.0 / 3.0, 1.0 / 3.0]);
        // With two: a tie between 0 and 1 for the first image, resolved in favor of the nearer neighbor.
        assert_eq!(neighbors.evaluate(&asked, 2).accuracy(), 2.0 / 3.0);
    }

    #[test]
    fn digits_are_told_apart() {
        let Split { train, test } = digits();
        for (metric, least) in [(Distance::L1, 0.97), (Distance::L2, 0.97)] {
            let accuracy = NearestNeighbors::new(train.clone(), metric).evaluate(&test, 3).accuracy();
            assert!(accuracy > least, "{metric:?}: {accuracy}");
        }
    }
}
