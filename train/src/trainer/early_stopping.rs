//! No further when it does not get better.

use layercake::schedule::Better;
use serde::{Deserialize, Serialize};

/// Ends training when a figure has not become better for more than `patience` epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// The figure, by its name in `metrics.jsonl`: `test_loss`.
    pub figure: String,
    /// Which way is better.
    pub better: Better,
    /// How many epochs without progress are still fine.
    pub patience: usize,
    /// How much better counts as progress.
    pub least: f64,
}

impl EarlyStopping {
    /// By the loss on the test set, which gets better by falling.
    pub fn new(patience: usize) -> Self {
        Self::on("test_loss", Better::Lower, patience)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let stopping = EarlyStopping::new(1);
        assert!(!stopping.ends([]) && !stopping.ends([1.0, 2.0]) && stopping.ends([1.0, 1.0, 2.0]));
        assert!(!stopping.ends([1.0, 2.0, 0.5, 2.0]) && stopping.ends([1.0, f64::NAN, f64::NAN]));
        let accuracy = EarlyStopping { least: 0.1, ..EarlyStopping::on("test_accuracy", Better::Higher, 0) };
        assert!(!accuracy.ends([0.5, 0.7]) && accuracy.ends([0.5, 0.55]) && !accuracy.ends([0.5, 0.7, 0.9]));
    }
}
