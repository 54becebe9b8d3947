//! Early stopping.

use layercake::schedule::Better;
use serde::{Deserialize, Serialize};

use crate::Epoch;

/// Ends the run when a metric has not improved for more than `patience` epochs. The model keeps the weights of the last epoch, or of the best
/// with [`Trainer::restore_best`](super::Trainer::restore_best).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// The metric, by its name in `metrics.jsonl`: `validation_loss`. Without prefix, `loss`, it is the validation metric if there is one,
    /// otherwise the test metric, whose result is then biased.
    pub metric: String,
    /// Which way is better.
    pub better: Better,
    /// Number of epochs without improvement that are tolerated.
    pub patience: usize,
    /// The minimum change that counts as an improvement.
    pub min_delta: f64,
}

impl EarlyStopping {
    /// Stops by the validation loss, or by the test loss without validation data.
    pub fn new(patience: usize) -> Self {
        Self::on("loss", Better::Lower, patience)
    }

    /// Stops by another metric.
    pub fn on(metric: &str, better: Better, patience: usize) -> Self {
        Self { metric: metric.to_owned(), better, patience, min_delta: 0.0 }
    }

    /// Whether to stop after these values of the metric. NaN is not an improvement.
    pub fn should_stop(&self, values: impl IntoIterator<Item = f64>) -> bool {
        let (mut best, mut bad) = (f64::INFINITY, 0);
        for value in values {
            let value = if self.better == Better::Lower { value } else { -value };
            if value < best - self.min_delta || (best == f64::INFINITY && value.is_finite()) {
                (best, bad) = (value, 0);
            } else {
                bad += 1;
            }
        }
        bad > self.patience
    }
}

/// The value of a metric. A name without prefix is the validation metric if there is one, otherwise the test metric.
pub(super) fn metric(epoch: &Epoch, name: &str) -> Option<f64> {
    if has_part(name) { epoch.metric(name) } else { epoch.validation.get(name).or_else(|| epoch.test.get(name)) }
}

/// Whether a metric's name has a prefix.
pub(super) fn has_part(name: &str) -> bool {
    ["train_", "validation_", "test_"].iter().any(|part| name.starts_with(part))
}

/// The position of the best value, the first of equals. NaN is never the best.
pub(super) fn best(values: impl IntoIterator<Item = f64>, better: Better) -> Option<usize> {
    let better = |value: f64, best: f64| if better == Better::Lower { value < best } else { value > best };
    let numbers = values.into_iter().enumerate().filter(|(_, value)| !value.is_nan());
    numbers.reduce(|best, next| if better(next.1, best.1) { next } else { best }).map(|(position, _)| position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metrics;

    #[test]
    fn by_hand() {
        let stopping = EarlyStopping::new(1);
        assert!(!stopping.should_stop([]) && !stopping.should_stop([1.0, 2.0]) && stopping.should_stop([1.0, 1.0, 2.0]));
        assert!(!stopping.should_stop([1.0, 2.0, 0.5, 2.0]) && stopping.should_stop([1.0, f64::NAN, f64::NAN]));
        let accuracy = EarlyStopping { min_delta: 0.1, ..EarlyStopping::on("test_accuracy", Better::Higher, 0) };
        assert!(!accuracy.should_stop([0.5, 0.7]) && accuracy.should_stop([0.5, 0.55]) && !accuracy.should_stop([0.5, 0.7, 0.9]));
    }

    #[test]
    fn the_best_is_the_first_of_equals() {
        assert_eq!(best([3.0, 1.0, f64::NAN, 1.0], Better::Lower), Some(1));
        assert_eq!(best([f64::NAN, f64::INFINITY, 0.5], Better::Higher), Some(1));
        assert_eq!((best([], Better::Lower), best([f64::NAN], Better::Lower)), (None, None));
    }

    #[test]
    fn a_figure_of_the_validation_part_goes_before_one_of_the_test() {
        let test = Epoch { test: Metrics::new().with("loss", 2.0), ..Epoch::default() };
        let both = Epoch { validation: Metrics::new().with("loss", 1.0), ..test.clone() };
        assert_eq!((metric(&test, "loss"), metric(&both, "loss"), metric(&both, "test_loss")), (Some(2.0), Some(1.0), Some(2.0)));
        assert_eq!((metric(&both, "accuracy"), metric(&both, "train_loss")), (None, None));
    }
}
