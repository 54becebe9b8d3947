//! No further when it does not get better.

use layercake::schedule::Better;
use serde::{Deserialize, Serialize};

use crate::Epoch;

/// Ends training when a figure has not become better for more than `patience` epochs. The model is left with the weights of the last epoch;
/// with [`Trainer::restore_best`](super::Trainer::restore_best) with those of the best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// The figure, by its name in `metrics.jsonl`: `validation_loss`. Without the part, `loss`, it is that of the validation part where there is
    /// one, and else that of the test set, which then says too much of the model.
    pub figure: String,
    /// Which way is better.
    pub better: Better,
    /// How many epochs without progress are still fine.
    pub patience: usize,
    /// How much better counts as progress.
    pub least: f64,
}

impl EarlyStopping {
    /// By the loss on the validation part (or on the test set, where there is none), which gets better by falling.
    pub fn new(patience: usize) -> Self {
        Self::on("loss", Better::Lower, patience)
    }

    /// By another figure.
    pub fn on(figure: &str, better: Better, patience: usize) -> Self {
        Self { figure: figure.to_owned(), better, patience, least: 0.0 }
    }

    /// Is it time to end, after these values of the figure? It follows from them alone. What is no number is no progress.
    pub fn ends(&self, values: impl IntoIterator<Item = f64>) -> bool {
        let (mut best, mut bad) = (f64::INFINITY, 0);
        for value in values {
            let value = if self.better == Better::Lower { value } else { -value };
            if value < best - self.least || (best == f64::INFINITY && value.is_finite()) {
                (best, bad) = (value, 0);
            } else {
                bad += 1;
            }
        }
        bad > self.patience
    }
}

/// The figure of a name as in `metrics.jsonl`, or, without the part, that of the validation part or else of the test set.
pub(super) fn figure(epoch: &Epoch, name: &str) -> Option<f64> {
    if has_part(name) { epoch.figure(name) } else { epoch.validation.get(name).or_else(|| epoch.test.get(name)) }
}

/// Does a name say of which part a figure is?
pub(super) fn has_part(name: &str) -> bool {
    ["train_", "validation_", "test_"].iter().any(|part| name.starts_with(part))
}

/// The position of the best of some values, the first of equals. What is no number is never the best.
pub(super) fn best(values: impl IntoIterator<Item = f64>, better: Better) -> Option<usize> {
    let better = |value: f64, best: f64| if better == Better::Lower { value < best } else { value > best };
    let numbers = values.into_iter().enumerate().filter(|(_, value)| !value.is_nan());
    numbers.reduce(|best, next| if better(next.1, best.1) { next } else { best }).map(|(position, _)| position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Figures;

    #[test]
    fn by_hand() {
        let stopping = EarlyStopping::new(1);
        assert!(!stopping.ends([]) && !stopping.ends([1.0, 2.0]) && stopping.ends([1.0, 1.0, 2.0]));
        assert!(!stopping.ends([1.0, 2.0, 0.5, 2.0]) && stopping.ends([1.0, f64::NAN, f64::NAN]));
        let accuracy = EarlyStopping { least: 0.1, ..EarlyStopping::on("test_accuracy", Better::Higher, 0) };
        assert!(!accuracy.ends([0.5, 0.7]) && accuracy.ends([0.5, 0.55]) && !accuracy.ends([0.5, 0.7, 0.9]));
    }

    #[test]
    fn the_best_is_the_first_of_equals() {
        assert_eq!(best([3.0, 1.0, f64::NAN, 1.0], Better::Lower), Some(1));
        assert_eq!(best([f64::NAN, f64::INFINITY, 0.5], Better::Higher), Some(1));
        assert_eq!((best([], Better::Lower), best([f64::NAN], Better::Lower)), (None, None));
    }

    #[test]
    fn a_figure_of_the_validation_part_goes_before_one_of_the_test() {
        let test = Epoch { test: Figures::new().with("loss", 2.0), ..Epoch::default() };
        let both = Epoch { validation: Figures::new().with("loss", 1.0), ..test.clone() };
        assert_eq!((figure(&test, "loss"), figure(&both, "loss"), figure(&both, "test_loss")), (Some(2.0), Some(1.0), Some(2.0)));
        assert_eq!((figure(&both, "accuracy"), figure(&both, "train_loss")), (None, None));
    }
}
