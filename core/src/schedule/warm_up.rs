//! Linear warm-up.

use serde::{Deserialize, Serialize};

use super::Schedule;

/// Rises linearly from `start_factor` times the learning rate to the learning rate in `steps` steps, and is constant afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmUp {
    /// The number of steps of the rise.
    pub steps: usize,
    /// The factor of step 0, between 0 and 1. With 0 the first step changes nothing.
    pub start_factor: f64,
}

impl Schedule for WarmUp {
    fn lr(&self, base: f64, step: usize) -> f64 {
        if step >= self.steps {
            return base;
        }
        base * (self.start_factor + (1.0 - self.start_factor) * step as f64 / self.steps as f64)
    }
}
