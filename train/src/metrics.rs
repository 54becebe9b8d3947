//! What is measured while training and testing a classifier.

use serde::{Deserialize, Serialize};

/// Predictions counted by true and predicted class, and the loss summed, over any number of batches.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    classes: usize,
    /// `[true class, predicted class]`
    counts: Vec<u64>,
    loss: f64,
}

impl Tally {
    /// Nothing counted yet, of so many classes.
    pub fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes], loss: 0.0 }
    }

    /// Counts the predictions for a batch: the class of the highest score, the first of equals. Of scores with a NaN the prediction is
    /// one of the others.
    ///
    /// # Shapes
    /// `scores [batch, classes]`, `labels [batch]`.
    ///
    /// # Panics
    /// If there are not `classes` scores a label, or a label is not below it.
    pub fn count(&mut self, scores: &[f32], labels: &[usize]) {
        assert_eq!(scores.len(), labels.len() * self.classes, "{} scores a label", self.classes);
        for (scores, &label) in scores.chunks_exact(self.classes).zip(labels) {
            let highest = scores.iter().enumerate().fold(0, |best, (class, score)| if *score > scores[best] { class } else { best });
            self.counts[label * self.classes + highest] += 1;
        }
    }

    /// Adds the mean loss of a batch of `count`.
    pub fn add_loss(&mut self, mean: f32, count: usize) {
        self.loss += f64::from(mean) * count as f64;
    }

    /// The images counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The share of predictions that were right, 0..=1.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.classes).map(|class| self.count_of(class, class)).sum();
        right as f64 / self.total() as f64
    }

    /// The mean loss of an image.
    pub fn loss(&self) -> f64 {
        self.loss / self.total() as f64
    }

    /// How many images of class `truth` were taken for `predicted`.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn count_of(&self, truth: usize, predicted: usize) -> u64 {
        assert!(truth < self.classes && predicted < self.classes, "there are {} classes", self.classes);
        self.counts[truth * self.classes + predicted]
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }
}

/// One epoch in figures; a line of `metrics.jsonl`. Losses are means over images in nats, accuracies shares 0..=1. Those of the training
/// set are taken while the network learns from it, so they lag behind those of the test set, which are taken after the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Its number, counted from 1.
    pub epoch: usize,
    /// Mean loss over the training images.
    pub train_loss: f64,
    /// Share of training images classified rightly.
    pub train_accuracy: f64,
    /// Mean loss over the test images.
    pub test_loss: f64,
    /// Share of test images classified rightly.
    pub test_accuracy: f64,
    /// Training images a second, without the time for testing.
    pub images_per_second: f64,
    /// How long the epoch took, testing included.
    pub seconds: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut tally = Tally::new(3);
        tally.count(&[0.1, 0.9, 0.0, 2.0, 1.0, 2.0], &[1, 2]);
        tally.add_loss(1.0, 2);
        tally.count(&[-1.0, -2.0, -0.5], &[2]);
        tally.add_loss(4.0, 1);
        assert_eq!((tally.total(), tally.accuracy(), tally.loss()), (3, 2.0 / 3.0, 2.0));
        // Equal scores: the first. Image 2 of class 2 was taken for class 0.
        assert_eq!((tally.count_of(2, 0), tally.count_of(2, 2), tally.count_of(1, 1), tally.count_of(0, 0)), (1, 1, 1, 0));
    }
}
