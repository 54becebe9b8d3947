//! Classifying by the nearest neighbours: nothing is learned, all training images are kept.
//!
//! T. Cover, P. Hart: *Nearest Neighbor Pattern Classification*, IEEE Transactions on Information Theory 13(1), 1967.

mod distance;

use rayon::prelude::*;

use crate::Tally;
use crate::data::Images;
pub use distance::Metric;

/// Images with their classes, to be compared with others.
#[derive(Clone, Debug)]
pub struct Neighbours {
    known: Images,
    metric: Metric,
}

impl Neighbours {
    /// Keeps the images.
    pub fn new(known: Images, metric: Metric) -> Self {
        Self { known, metric }
    }

    /// The classes of the `k` nearest images of each image, the nearest first; of two that are as near, the one that comes first in the set.
    ///
    /// # Panics
    /// If the images are not of the size of those that are known, or `k` is 0 or more than there are.
    pub fn nearest(&self, images: &Images, k: usize) -> Vec<Vec<usize>> {
        assert_eq!(images.shape(), self.known.shape(), "images of one size");
        assert!((1..=self.known.len()).contains(&k), "{k} neighbours of {}", self.known.len());
        // Some images at a time: the known ones are read once for all of them.
        const TOGETHER: usize = 16;
        let indices: Vec<usize> = (0..images.len()).collect();
        let groups = indices.par_chunks(TOGETHER).map(|group| {
            let mut nearest: Vec<Vec<(u64, usize)>> = vec![Vec::with_capacity(k + 1); group.len()];
            for i in 0..self.known.len() {
                let known = self.known.image(i);
                for (nearest, &index) in nearest.iter_mut().zip(group) {
                    let distance = self.metric.between(images.image(index), known);
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

    /// What the `k` nearest say of each image, counted.
    ///
    /// # Panics
    /// As [`Neighbours::nearest`].
    pub fn test(&self, images: &Images, k: usize) -> Tally {
        count(&self.nearest(images, k), images, k)
    }

    /// The share of right answers on `images` for each of the `ks`, with one look at the neighbours.
    ///
    /// # Panics
    /// As [`Neighbours::nearest`], for the largest of them; if there is none.
    pub fn validate(&self, images: &Images, ks: &[usize]) -> Vec<f64> {
        let largest = ks.iter().copied().max().expect("at least one number of neighbours");
        let nearest = self.nearest(images, largest);
        ks.iter().map(|&k| count(&nearest, images, k).accuracy()).collect()
    }
}

/// Counts what the first `k` of the neighbours say.
fn count(nearest: &[Vec<usize>], images: &Images, k: usize) -> Tally {
    let classes = images.classes().len();
    let mut tally = Tally::new(classes);
    for (nearest, &label) in nearest.iter().zip(images.labels()) {
        let mut votes = vec![0.0; classes];
        for &class in &nearest[..k] {
            votes[class] += 1.0;
        }
        // Where two classes have as many votes, that of the nearer neighbour.
        let winner = votes.iter().copied().fold(0.0, f32::max);
        let first = nearest[..k].iter().find(|&&class| votes[class] == winner).expect("somebody has the most votes");
        votes[*first] += 0.5;
        tally.count(&votes, &[label]);
    }
    tally
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
        let neighbours = Neighbours::new(known, Metric::L1);
        let asked = set(&[12, 205, 25], &[0, 2, 0]);
        // Of 205, 200 and 210 are as near; of 25, 20 and 30 are.
        assert_eq!(neighbours.nearest(&asked, 3), [[0, 1, 1], [2, 2, 1], [1, 1, 0]]);
        // One neighbour: 0, 2, 1. Three: 1 (two against one), 2, 1.
        assert_eq!(neighbours.validate(&asked, &[1, 3]), [2.0 / 3.0, 1.0 / 3.0]);
        // Two: a draw between 0 and 1 for the first, which the nearer wins.
        assert_eq!(neighbours.test(&asked, 2).accuracy(), 2.0 / 3.0);
    }

    #[test]
    fn digits_are_told_apart() {
        let Split { train, test } = digits();
        for (metric, least) in [(Metric::L1, 0.97), (Metric::L2, 0.97)] {
            let accuracy = Neighbours::new(train.clone(), metric).test(&test, 3).accuracy();
            assert!(accuracy > least, "{metric:?}: {accuracy}");
        }
    }
}
