//! Down when there is no progress.

use serde::{Deserialize, Serialize};

/// Multiplies the learning rate by `factor` when a figure, such as the test loss, has not become better for more than `patience` epochs.
///
/// It is no [`Schedule`](super::Schedule), for it depends on what happens. Its whole state is in its fields: serialise it to go on with a
/// run.
///
/// ```
/// use layercake::schedule::ReduceOnPlateau;
///
/// let mut plateau = ReduceOnPlateau { patience: 1, ..ReduceOnPlateau::new(0.1) };
/// let lrs: Vec<f64> = [1.0, 0.9, 0.9, 0.9, 0.5].into_iter().map(|loss| plateau.observe(loss)).collect();
/// assert_eq!(lrs[2], 0.1);
/// assert!((lrs[3] - 0.01).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReduceOnPlateau {
    /// The learning rate.
    pub lr: f64,
    /// What it is multiplied by.
    pub factor: f64,
    /// How many epochs without progress are still fine.
    pub patience: usize,
    /// How much counts as progress.
    pub threshold: Change,
    /// Is more better, or less?
    pub better: Better,
    /// How many epochs after a change are not counted.
    pub cooldown: usize,
    /// The learning rate goes no lower.
    pub least: f64,
    /// A change smaller than this is not made.
    pub eps: f64,
    /// The best figure so far.
    pub best: Option<f64>,
    /// Epochs without progress so far.
    pub bad: usize,
    /// Epochs that are not counted yet to come.
    pub cooling: usize,
}

/// Which figures are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// Lower ones: a loss.
    Lower,
    /// Higher ones: an accuracy.
    Higher,
}

/// How much better counts as progress.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// More than this part of the best figure.
    Relative(f64),
    /// More than this.
    Absolute(f64),
}

impl ReduceOnPlateau {
    /// PyTorch's defaults: lower is better by a relative 1e-4, a patience of 10, a factor of 0.1.
    pub fn new(lr: f64) -> Self {
        Self {
            lr,
            factor: 0.1,
            patience: 10,
            threshold: Change::Relative(1e-4),
            better: Better::Lower,
            cooldown: 0,
            least: 0.0,
            eps: 1e-8,
            best: None,
            bad: 0,
            cooling: 0,
        }
    }

    /// Takes an epoch's figure and gives the learning rate of the next.
    pub fn observe(&mut self, figure: f64) -> f64 {
        if self.is_progress(figure) {
            self.best = Some(figure);
            self.bad = 0;
        } else {
            self.bad += 1;
        }
        if self.cooling > 0 {
            self.cooling -= 1;
            self.bad = 0;
        }
        if self.bad > self.patience {
            let lower = (self.lr * self.factor).max(self.least);
            if self.lr - lower > self.eps {
                self.lr = lower;
            }
            self.cooling = self.cooldown;
            self.bad = 0;
        }
        self.lr
    }

    /// What is no number is never progress.
    fn is_progress(&self, figure: f64) -> bool {
        let Some(best) = self.best else { return !figure.is_nan() };
        match (self.better, self.threshold) {
            (Better::Lower, Change::Relative(part)) => figure < best * (1.0 - part),
            (Better::Lower, Change::Absolute(step)) => figure < best - step,
            (Better::Higher, Change::Relative(part)) => figure > best * (1.0 + part),
            (Better::Higher, Change::Absolute(step)) => figure > best + step,
        }
    }
}
