//! Which classes are taken for which.

use super::Metrics;

/// The confusion matrix: predictions counted by true and predicted class, and the loss summed, over any number of batches.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusionMatrix {
    classes: usize,
    /// `[true class, predicted class]`
    counts: Vec<u64>,
    /// The sum of weighted losses, and of the weights.
    loss: f64,
    weight: f64,
}

impl ConfusionMatrix {
    /// Nothing counted yet, of so many classes.
    pub fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes], loss: 0.0, weight: 0.0 }
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
        self.add_weighted_loss(mean, count as f64);
    }

    /// Adds the mean loss of a batch, with what it was divided by: the sum of the weights of all labels that count. A mean over nothing
    /// changes nothing, whatever number it is.
    pub fn add_weighted_loss(&mut self, mean: f32, weight: f64) {
        if weight != 0.0 {
            self.loss += f64::from(mean) * weight;
            self.weight += weight;
        }
    }

    /// Counts single predictions; a true class of `ignored` is passed over.
    ///
    /// # Panics
    /// If there are not as many of both, or a class is not below the number of classes.
    pub fn count_classes(&mut self, predicted: &[usize], truth: &[usize], ignored: Option<usize>) {
        assert_eq!(predicted.len(), truth.len(), "a prediction for each true class");
        for (&predicted, &truth) in predicted.iter().zip(truth) {
            if Some(truth) != ignored {
                assert!(truth < self.classes && predicted < self.classes, "there are {} classes", self.classes);
                self.counts[truth * self.classes + predicted] += 1;
            }
        }
    }

    /// What was counted elsewhere too.
    ///
    /// # Panics
    /// If that is of another number of classes.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.classes, other.classes);
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, other)| *count += other);
        self.loss += other.loss;
        self.weight += other.weight;
    }

    /// The images counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The share of predictions that were right, 0..=1; no number if nothing was counted.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.classes).map(|class| self.count_of(class, class)).sum();
        right as f64 / self.total() as f64
    }

    /// Of each class, what is taken for it and truly is, as a share of what either is or is taken for it (the Jaccard index); none for a
    /// class that is neither.
    pub fn iou(&self) -> Vec<Option<f64>> {
        let of = |class: usize| {
            let right = self.count_of(class, class);
            let either: u64 = (0..self.classes).map(|other| self.count_of(class, other) + self.count_of(other, class)).sum::<u64>() - right;
            (either > 0).then(|| right as f64 / either as f64)
        };
        (0..self.classes).map(of).collect()
    }

    /// The mean of [`ConfusionMatrix::iou`] over the classes that occur, 0..=1; no number if none does.
    pub fn mean_iou(&self) -> f64 {
        let all: Vec<f64> = self.iou().into_iter().flatten().collect();
        all.iter().sum::<f64>() / all.len() as f64
    }

    /// The mean loss and the accuracy.
    pub fn metrics(&self) -> Metrics {
        Metrics::new().with("loss", self.loss()).with("accuracy", self.accuracy())
    }

    /// The mean loss of all batches, each by what it counted: over all images once, however they were cut into batches. No number if
    /// nothing counted.
    pub fn loss(&self) -> f64 {
        self.loss / self.weight
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut confusion = ConfusionMatrix::new(3);
        confusion.count(&[0.1, 0.9, 0.0, 2.0, 1.0, 2.0], &[1, 2]);
        confusion.add_loss(1.0, 2);
        confusion.count(&[-1.0, -2.0, -0.5], &[2]);
        confusion.add_loss(4.0, 1);
        assert_eq!((confusion.total(), confusion.accuracy(), confusion.loss()), (3, 2.0 / 3.0, 2.0));
        // Equal scores: the first. Image 2 of class 2 was taken for class 0.
        assert_eq!((confusion.count_of(2, 0), confusion.count_of(2, 2), confusion.count_of(1, 1), confusion.count_of(0, 0)), (1, 1, 1, 0));
    }

    /// Three labels of weight 1 at a mean of 1, one of weight 3 at a mean of 5: 18 by 6. A batch in which nothing counts is none.
    #[test]
    fn weighted_losses() {
        let mut confusion = ConfusionMatrix::new(2);
        confusion.add_weighted_loss(1.0, 3.0);
        confusion.add_weighted_loss(f32::NAN, 0.0);
        confusion.add_weighted_loss(5.0, 3.0);
        assert_eq!(confusion.loss(), 3.0);
        let mut twice = confusion.clone();
        twice.merge(&confusion);
        assert_eq!(twice.loss(), 3.0);
        assert!(
            ConfusionMatrix::new(2).loss().is_nan()
                && ConfusionMatrix::new(2).accuracy().is_nan()
                && ConfusionMatrix::new(2).mean_iou().is_nan()
        );
    }

    /// Class 0: one right, two taken for class 1. Class 1: one right. Class 2 does not occur.
    #[test]
    fn intersection_over_union_by_hand() {
        let mut confusion = ConfusionMatrix::new(3);
        confusion.count_classes(&[0, 1, 1, 1, 0], &[0, 0, 0, 1, 2], Some(2));
        assert_eq!(confusion.iou(), [Some(1.0 / 3.0), Some(1.0 / 3.0), None]);
        assert_eq!((confusion.mean_iou(), confusion.total()), (1.0 / 3.0, 4));
        let mut twice = confusion.clone();
        twice.merge(&confusion);
        assert_eq!((twice.total(), twice.mean_iou()), (8, 1.0 / 3.0));
    }
}
