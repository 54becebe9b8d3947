//! How often an agent tries something at random.

use serde::{Deserialize, Serialize};

use crate::TrainError;

/// The probability of a random action: linear from `first` to `last` over `steps` steps, then `last`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exploration {
    /// The probability in the first step.
    pub first: f64,
    /// The probability in the end.
    pub last: f64,
    /// The number of steps in which it falls.
    pub steps: usize,
}

impl Exploration {
    /// The probability in a step, counted from 0.
    pub fn at(self, step: usize) -> f64 {
        let share = if self.steps == 0 { 1.0 } else { (step as f64 / self.steps as f64).min(1.0) };
        self.first + (self.last - self.first) * share
    }

    pub(super) fn check(self) -> Result<(), TrainError> {
        match [self.first, self.last].into_iter().find(|share| !(0.0..=1.0).contains(share)) {
            Some(share) => Err(TrainError::Setting(format!("a probability of {share} for random actions; expected a number in 0..=1"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let exploration = Exploration { first: 1.0, last: 0.5, steps: 4 };
        assert_eq!([0, 1, 2, 4, 9].map(|step| exploration.at(step)), [1.0, 0.875, 0.75, 0.5, 0.5]);
        assert_eq!(Exploration { steps: 0, ..exploration }.at(0), 0.5);
        assert!(Exploration { last: 1.5, ..exploration }.check().is_err());
    }
}
