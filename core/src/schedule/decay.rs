//! Schedules that only fall.

use serde::{Deserialize, Serialize};

use super::Schedule;

/// The learning rate stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constant;

/// Times `gamma` every `every` steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Steps between two changes; above 0.
    pub every: usize,
    /// The factor.
    pub gamma: f64,
}

/// Times `gamma` at each of the steps in `at`. A step that is listed twice counts twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiStep {
    /// When.
    pub at: Vec<usize>,
    /// The factor.
    pub gamma: f64,
}

/// Times `gamma` every step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exponential {
    /// The factor.
    pub gamma: f64,
}

/// Divided by `1 + k t`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InverseTime {
    /// How fast it falls.
    pub k: f64,
}

impl Schedule for Constant {
    fn lr(&self, base: f64, _: usize) -> f64 {
        base
    }
}

/// # Panics
/// If `every` is 0.
impl Schedule for Step {
    fn lr(&self, base: f64, step: usize) -> f64 {
        assert!(self.every > 0, "a step schedule needs at least one step between two changes");
        base * self.gamma.powf((step / self.every) as f64)
    }
}

impl Schedule for MultiStep {
    fn lr(&self, base: f64, step: usize) -> f64 {
        base * self.gamma.powf(self.at.iter().filter(|&&at| at <= step).count() as f64)
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
