//! Cosine annealing (Loshchilov and Hutter, 2017).

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::Schedule;

/// `min_lr + (base - min_lr) (1 + cos(pi t / steps)) / 2`. After `steps` it stays at `min_lr`; PyTorch's `CosineAnnealingLR` rises again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cosine {
    /// The number of steps until `min_lr` is reached.
    pub steps: usize,
    /// The final learning rate.
    pub min_lr: f64,
}

impl Schedule for Cosine {
    fn lr(&self, base: f64, step: usize) -> f64 {
        if step >= self.steps {
            return self.min_lr;
        }
        self.min_lr + (base - self.min_lr) * 0.5 * (1.0 + (PI * step as f64 / self.steps as f64).cos())
    }
}
