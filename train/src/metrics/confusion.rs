//! The confusion matrix.

use super::Metrics;
use super::auroc::mean;

/// The confusion matrix: counts of predictions by true and predicted class, and the sum of the loss, over any number of batches.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusionMatrix {
    classes: usize,
    /// `[true class, predicted class]`
    counts: Vec<u64>,
    /// The weighted sum of the losses, and the sum of the weights.
    loss: f64,
    weight: f64,
}

impl ConfusionMatrix {
    /// An empty matrix of `classes` classes.
    pub fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes], loss: 0.0, weight: 0.0 }
    }

    /// Counts the predictions of a batch: the class of the highest score, the first of equals. A NaN score is not predicted unless it is the
    /// first.
    ///
    /// # Shapes
    /// `scores [batch, classes]`, `labels [batch]`.
    ///
    /// # Panics
    /// Panics if there are not `classes` scores per label, or a label is out of range.
    pub fn count(&mut self, scores: &[f32], labels: &[usize]) {
        assert_eq!(scores.len(), labels.len() * self.classes, "{} scores per label", self.classes);
        for (scores, &label) in scores.chunks_exact(self.classes).zip(labels) {
            let highest = scores.iter().enumerate().fold(0, |best, (class, score)| if *score > scores[best] { class } else { best });
            self.counts[label * self.classes + highest] += 1;
        }
    }

    /// Adds the mean loss of a batch of `count` items.
    pub fn add_loss(&mut self, mean: f32, count: usize) {
        self.add_weighted_loss(mean, count as f64);
    }

    /// Adds the mean loss of a batch with its weight, the sum of the label weights. A batch of weight 0 is ignored, even if its loss is NaN.
    pub fn add_weighted_loss(&mut self, mean: f32, weight: f64) {
        if weight != 0.0 {
            self.loss += f64::from(mean) * weight;
            self.weight += weight;
        }
    }

    /// Counts predictions by class, without those whose true class is `ignored`.
    ///
    /// # Panics
    /// Panics if the lengths differ, or a class is out of range.
    pub fn count_classes(&mut self, predicted: &[usize], truth: &[usize], ignored: Option<usize>) {
        assert_eq!(predicted.len(), truth.len(), "a prediction for each true class");
        for (&predicted, &truth) in predicted.iter().zip(truth) {
            if Some(truth) != ignored {
                assert!(truth < self.classes && predicted < self.classes, "there are {} classes", self.classes);
                self.counts[truth * self.classes + predicted] += 1;
            }
        }
    }

    /// Adds the counts of another matrix.
    ///
    /// # Panics
    /// Panics if it has another number of classes.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.classes, other.classes);
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, other)| *count += other);
        self.loss += other.loss;
        self.weight += other.weight;
    }

    /// The number of predictions.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The fraction of correct predictions, 0..=1; NaN without predictions.
    pub fn accuracy(&self) -> f64 {
        let correct: u64 = (0..self.classes).map(|class| self.count_of(class, class)).sum();
        correct as f64 / self.total() as f64
    }

    /// Intersection over union (the Jaccard index) of each class; `None` for a class that neither occurs nor is predicted.
    pub fn iou(&self) -> Vec<Option<f64>> {
        let of = |class: usize| {
            let correct = self.count_of(class, class);
            let union: u64 =
                (0..self.classes).map(|other| self.count_of(class, other) + self.count_of(other, class)).sum::<u64>() - correct;
            (union > 0).then(|| correct as f64 / union as f64)
        };
        (0..self.classes).map(of).collect()
    }

    /// The mean of [`ConfusionMatrix::iou`] over the classes that have one, 0..=1; NaN if none has.
    pub fn mean_iou(&self) -> f64 {
        let all: Vec<f64> = self.iou().into_iter().flatten().collect();
        all.iter().sum::<f64>() / all.len() as f64
    }

    /// The loss and the accuracy as metrics.
    pub fn metrics(&self) -> Metrics {
        Metrics::new().with("loss", self.loss()).with("accuracy", self.accuracy())
    }

    /// The weighted mean loss of all batches, independent of the batch size; NaN if the total weight is 0.
    pub fn loss(&self) -> f64 {
        self.loss / self.weight
    }

    /// The number of items of class `truth` that were predicted as `predicted`.
    ///
    /// # Panics
    /// Panics if a class is out of range.
    pub fn count_of(&self, truth: usize, predicted: usize) -> u64 {
        assert!(truth < self.classes && predicted < self.classes, "there are {} classes", self.classes);
        self.counts[truth * self.classes + predicted]
    }

    /// The number of items of class `truth`.
    ///
    /// # Panics
    /// Panics if the class is out of range.
    pub fn support(&self, truth: usize) -> u64 {
        (0..self.classes).map(|predicted| self.count_of(truth, predicted)).sum()
    }

    /// The fraction of items of a class that are predicted as it, 0..=1; `None` if the class does not occur.
    ///
    /// # Panics
    /// Panics if the class is out of range.
    pub fn recall(&self, class: usize) -> Option<f64> {
        ratio(self.count_of(class, class), self.support(class))
    }

    /// The fraction of correct predictions among those of a class, 0..=1; `None` if the class is never predicted.
    ///
    /// # Panics
    /// Panics if the class is out of range.
    pub fn precision(&self, class: usize) -> Option<f64> {
        ratio(self.count_of(class, class), (0..self.classes).map(|truth| self.count_of(truth, class)).sum())
    }

    /// F1 of a class, 0..=1: the harmonic mean of precision and recall; `None` if the class neither occurs nor is predicted.
    ///
    /// # Panics
    /// Panics if the class is out of range.
    pub fn f1(&self, class: usize) -> Option<f64> {
        let predicted: u64 = (0..self.classes).map(|truth| self.count_of(truth, class)).sum();
        ratio(2 * self.count_of(class, class), self.support(class) + predicted)
    }

    /// The mean of [`ConfusionMatrix::f1`] over the classes that have one, 0..=1 (scikit-learn's `f1_score` with `average="macro"`); NaN if none has.
    pub fn macro_f1(&self) -> f64 {
        mean((0..self.classes).filter_map(|class| self.f1(class))).unwrap_or(f64::NAN)
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
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
        // The first of equal scores is predicted: class 0 for image 2 of class 2.
        assert_eq!((confusion.count_of(2, 0), confusion.count_of(2, 2), confusion.count_of(1, 1), confusion.count_of(0, 0)), (1, 1, 1, 0));
    }

    /// Class 0: two correct, one predicted as class 2. Class 1: one predicted as class 0. Class 2 does not occur.
    #[test]
    fn precision_and_recall_by_hand() {
        let mut confusion = ConfusionMatrix::new(3);
        confusion.count_classes(&[0, 0, 2, 0], &[0, 0, 0, 1], None);
        assert_eq!([0, 1, 2].map(|class| confusion.support(class)), [3, 1, 0]);
        assert_eq!([0, 1, 2].map(|class| confusion.recall(class)), [Some(2.0 / 3.0), Some(0.0), None]);
        assert_eq!([0, 1, 2].map(|class| confusion.precision(class)), [Some(2.0 / 3.0), None, Some(0.0)]);
    }

    /// Three labels of weight 1 with a mean of 1, one of weight 3 with a mean of 5: 18 / 6. A batch of weight 0 is ignored.
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

    /// Class 0: one correct, two predicted as class 1. Class 1: one correct. Class 2 is ignored.
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
