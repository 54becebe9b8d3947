//! Scaled rewards.

use super::passed_on;
use crate::rl::{Environment, Step};

/// Multiplies rewards by a factor. Returns that are reported are those of the scaled rewards.
#[derive(Clone, Debug)]
pub struct RewardScale<E> {
    inner: E,
    factor: f64,
}

impl<E> RewardScale<E> {
    /// Rewards times `factor`.
    pub fn new(inner: E, factor: f64) -> Self {
        Self { inner, factor }
    }
}

impl<E: Environment> Environment for RewardScale<E> {
    passed_on!(observation_space actions memory drawings);

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        self.inner.reset(seed)
    }

    fn step(&mut self, action: usize) -> Step {
        let step = self.inner.step(action);
        Step { reward: self.factor * step.reward, ..step }
    }
}
