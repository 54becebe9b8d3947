//! The learning rate over a run: a choice among the schedules of [`layercake::schedule`], for which no number has to be chosen.

use layercake::schedule::{self, Schedule as _};
use serde::{Deserialize, Serialize};

/// Steps after which Adam's averages have long settled: a longer rise only costs time.
const LONGEST_WARM_UP: usize = 500;

/// How the learning rate changes while training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It does not.
    Constant,
    /// It rises in a straight line over the first epoch, but over no more than 500 steps, and falls to nothing along half a cosine (Loshchilov and Hutter, 2017).
    Cosine,
}

impl Schedule {
    /// It as a schedule for a run of so many steps, so many of them to an epoch.
    pub fn over(self, steps: usize, steps_per_epoch: usize) -> OverRun {
        OverRun { schedule: self, steps, steps_per_epoch }
    }

    /// The factor on the learning rate in step `step` (from 0) of `steps`, with so many steps to an epoch.
    pub fn factor(self, step: usize, steps: usize, steps_per_epoch: usize) -> f64 {
        match self {
            Schedule::Constant => 1.0,
            Schedule::Cosine => {
                // The first step already moves: the line begins one step before it.
                let warm_up = schedule::WarmUp { steps: steps_per_epoch.min(LONGEST_WARM_UP), from: 0.0 }.lr(1.0, step + 1);
                warm_up * schedule::Cosine { steps, least: 0.0 }.lr(1.0, step)
            }
        }
    }
}

/// A [`Schedule`] over the steps of a certain run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverRun {
    /// Which.
    pub schedule: Schedule,
    /// The run's steps.
    pub steps: usize,
    /// The steps of an epoch.
    pub steps_per_epoch: usize,
}

impl schedule::Schedule for OverRun {
    fn lr(&self, base: f64, step: usize) -> f64 {
        base * self.schedule.factor(step, self.steps, self.steps_per_epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(Schedule::Constant.factor(7, 10, 5), 1.0);
        let cosine = |step| Schedule::Cosine.factor(step, 100, 10);
        assert!((cosine(0) - 0.1).abs() < 1e-12);
        // Step 50 of 100 is half way down, step 99 a hair above nothing.
        assert!((cosine(50) - 0.5).abs() < 1e-12);
        assert!(cosine(99) > 0.0 && cosine(99) < 3e-4);
        assert!(cosine(9) > 0.97 && cosine(10) < 0.98);
        // Of epochs of 1,000 steps, the rise takes half of one.
        let long = |step| Schedule::Cosine.factor(step, 1_000_000, 1_000);
        assert!((long(249) - 0.5).abs() < 1e-6 && (long(499) - 1.0).abs() < 1e-5 && (long(999) - 1.0).abs() < 1e-5);
    }
}
