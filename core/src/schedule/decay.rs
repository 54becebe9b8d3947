//! Decaying schedules.

use serde::{Deserialize, Serialize};

use super::Schedule;

/// A constant learning rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constant;

/// Multiplies the learning rate by `gamma` every `step_size` steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The number of steps between two changes; above 0.
    pub step_size: usize,
    /// The factor.
    pub gamma: f64,
}

/// Multiplies the learning rate by `gamma` at each of the steps in `milestones`. A step that is listed twice counts twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiStep {
    /// The steps.
    pub milestones: Vec<usize>,
    /// The factor.
    pub gamma: f64,
}

/// Multiplies the learning rate by `gamma` every step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exponential {
    /// The factor.
    pub gamma: f64,
}

/// Divides the learning rate by `1 + k t`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InverseTime {
    /// The decay rate.
    pub k: f64,
}

impl Schedule for Constant {
    fn lr(&self, base: f64, _: usize) -> f64 {
        base
    }
}

/// # Panics
/// Panics if `step_size` is 0.
impl Schedule for Step {
    fn lr(&self, base: f64, step: usize) -> f64 {
        assert!(self.step_size > 0, "`step_size` of a step schedule must be at least 1");
        base * self.gamma.powf((step / self.step_size) as f64)
    }
}

impl Schedule for MultiStep {
    fn lr(&self, base: f64, step: usize) -> f64 {
        base * self.gamma.powf(self.milestones.iter().filter(|&&at| at <= step).count() as f64)
    }
}

impl Schedule for Exponential {
    fn lr(&self, base: f64, step: usize) -> f64 {
        base * self.gamma.powf(step as f64)
    }
}

impl Schedule for InverseTime {
    fn lr(&self, base: f64, step: usize) -> f64 {
        base / (1.0 + self.k * step as f64)
    }
}
