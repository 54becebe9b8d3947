//! The learning rate over a run.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// How the learning rate changes while training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It does not.
    Constant,
    /// It rises in a straight line over the first epoch, then falls to nothing along half a cosine (Loshchilov and Hutter, 2017).
    Cosine,
}

impl Schedule {
    /// The factor on the learning rate in step `step` (from 0) of `steps`, with so many steps to an epoch.
    pub fn factor(self, step: usize, steps: usize, steps_per_epoch: usize) -> f64 {
        match self {
            Schedule::Constant => 1.0,
            Schedule::Cosine => {
                let warm_up = ((step + 1) as f64 / steps_per_epoch as f64).min(1.0);
                warm_up * 0.5 * (1.0 + (PI * step as f64 / steps as f64).cos())
            }
        }
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
    }
}
