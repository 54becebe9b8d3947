//! Up in a straight line.

use serde::{Deserialize, Serialize};

use super::Schedule;

/// From `from` times the learning rate to all of it in `steps` steps, and then constant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmUp {
    /// How long the way up is.
    pub steps: usize,
    /// The factor in step 0, between 0 and 1. With 0 the first step changes nothing.
    pub from: f64,
}

impl Schedule for WarmUp {
    fn lr(&self, base: f64, step: usize) -> f64 {
        if step >= self.steps {
            return base;
        }
        base * (self.from + (1.0 - self.from) * step as f64 / self.steps as f64)
    }
}
