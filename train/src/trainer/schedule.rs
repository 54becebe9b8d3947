//! Learning rate schedules without parameters, for recipes.

use layercake::schedule::{self, Schedule as _};
use serde::{Deserialize, Serialize};

/// Upper bound of the warm-up: Adam's averages have settled after this number of steps.
const LONGEST_WARM_UP: usize = 500;

/// The learning rate schedule of a recipe. [`layercake::schedule`] has the schedules with parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LrSchedule {
    /// A constant learning rate.
    Constant,
    /// Linear warm-up over the first epoch (at most 500 steps), then cosine decay to 0 (Loshchilov and Hutter, 2017).
    Cosine,
}

impl LrSchedule {
    /// The schedule of a run of `steps` steps.
    pub fn for_run(self, steps: usize, steps_per_epoch: usize) -> RunSchedule {
        RunSchedule { schedule: self, steps, steps_per_epoch }
    }

    /// The factor on the learning rate in step `step` (counted from 0) of `steps`.
    pub fn factor(self, step: usize, steps: usize, steps_per_epoch: usize) -> f64 {
        match self {
            LrSchedule::Constant => 1.0,
            LrSchedule::Cosine => {
                // The warm-up starts one step earlier, so that the first step has a learning rate above 0.
                let warm_up = schedule::WarmUp { steps: steps_per_epoch.min(LONGEST_WARM_UP), start_factor: 0.0 }.lr(1.0, step + 1);
                warm_up * schedule::Cosine { steps, min_lr: 0.0 }.lr(1.0, step)
            }
        }
    }
}

/// An [`LrSchedule`] for a run of known length. After its steps it begins again (Loshchilov and Hutter, 2017: warm restarts).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSchedule {
    /// The schedule.
    pub schedule: LrSchedule,
    /// Number of steps.
    pub steps: usize,
    /// Steps per epoch.
    pub steps_per_epoch: usize,
}

impl schedule::Schedule for RunSchedule {
    fn lr(&self, base: f64, step: usize) -> f64 {
        base * self.schedule.factor(step % self.steps.max(1), self.steps, self.steps_per_epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(LrSchedule::Constant.factor(7, 10, 5), 1.0);
        let cosine = |step| LrSchedule::Cosine.factor(step, 100, 10);
        assert!((cosine(0) - 0.1).abs() < 1e-12);
        // The factor is one half in step 50 of 100, and slightly above 0 in step 99.
        assert!((cosine(50) - 0.5).abs() < 1e-12);
        assert!(cosine(99) > 0.0 && cosine(99) < 3e-4);
        assert!(cosine(9) > 0.97 && cosine(10) < 0.98);
        let again = schedule::Schedule::lr(&LrSchedule::Cosine.for_run(100, 10), 2.0, 250);
        assert!((again - 2.0 * cosine(50)).abs() < 1e-12, "in the third cycle");
        // With epochs of 1,000 steps, the warm-up takes half an epoch.
        let long = |step| LrSchedule::Cosine.factor(step, 1_000_000, 1_000);
        assert!((long(249) - 0.5).abs() < 1e-6 && (long(499) - 1.0).abs() < 1e-5 && (long(999) - 1.0).abs() < 1e-5);
    }
}
