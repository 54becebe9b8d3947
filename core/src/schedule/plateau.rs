//! Reduction on a plateau.

use serde::{Deserialize, Serialize};

/// Multiplies the learning rate by `factor` if a metric, such as the validation loss, has not improved for more than `patience` epochs.
///
/// It is not a [`Schedule`](super::Schedule), because it depends on the metric. Its fields are its whole state: serialize it to resume a run.
///
/// ```
/// use layercake::schedule::ReduceOnPlateau;
///
/// let mut plateau = ReduceOnPlateau { patience: 1, ..ReduceOnPlateau::new(0.1) };
/// let lrs: Vec<f64> = [1.0, 0.9, 0.9, 0.9, 0.5].into_iter().map(|loss| plateau.step(loss)).collect();
/// assert_eq!(lrs[2], 0.1);
/// assert!((lrs[3] - 0.01).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReduceOnPlateau {
    /// The learning rate.
    pub lr: f64,
    /// The factor of a reduction.
    pub factor: f64,
    /// The number of epochs without improvement that are tolerated.
    pub patience: usize,
    /// The smallest improvement that counts.
    pub threshold: Change,
    /// Whether lower or higher values are better.
    pub better: Better,
    /// The number of epochs after a reduction that are not counted.
    pub cooldown: usize,
    /// The lower bound of the learning rate.
    pub min_lr: f64,
    /// The smallest change of the learning rate; smaller ones are not made.
    pub eps: f64,
    /// The best value so far.
    pub best: Option<f64>,
    /// The number of epochs without improvement so far.
    pub bad_epochs: usize,
    /// The number of remaining epochs that are not counted.
    pub cooldown_left: usize,
}

/// Which values are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// Lower: a loss.
    Lower,
    /// Higher: an accuracy.
    Higher,
}

/// The smallest improvement that counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Relative to the best value.
    Relative(f64),
    /// Absolute.
    Absolute(f64),
}

impl ReduceOnPlateau {
    /// PyTorch's defaults: lower is better, by a relative 1e-4; a patience of 10, a factor of 0.1.
    pub fn new(lr: f64) -> Self {
        Self {
            lr,
            factor: 0.1,
            patience: 10,
            threshold: Change::Relative(1e-4),
            better: Better::Lower,
            cooldown: 0,
            min_lr: 0.0,
            eps: 1e-8,
            best: None,
            bad_epochs: 0,
            cooldown_left: 0,
        }
    }

    /// Takes the metric of an epoch and returns the learning rate of the next one.
    pub fn step(&mut self, metric: f64) -> f64 {
        if self.is_progress(metric) {
            self.best = Some(metric);
            self.bad_epochs = 0;
        } else {
            self.bad_epochs += 1;
        }
        if self.cooldown_left > 0 {
            self.cooldown_left -= 1;
            self.bad_epochs = 0;
        }
        if self.bad_epochs > self.patience {
            let lower = (self.lr * self.factor).max(self.min_lr);
            if self.lr - lower > self.eps {
                self.lr = lower;
            }
            self.cooldown_left = self.cooldown;
            self.bad_epochs = 0;
        }
        self.lr
    }

    /// NaN is never an improvement.
    fn is_progress(&self, metric: f64) -> bool {
        let Some(best) = self.best else { return !metric.is_nan() };
        match (self.better, self.threshold) {
            (Better::Lower, Change::Relative(part)) => metric < best * (1.0 - part),
            (Better::Lower, Change::Absolute(change)) => metric < best - change,
            (Better::Higher, Change::Relative(part)) => metric > best * (1.0 + part),
            (Better::Higher, Change::Absolute(change)) => metric > best + change,
        }
    }
}
