//! A limit of the steps of an episode.

use super::passed_on;
use crate::rl::{Environment, Step};

/// Truncates episodes after a number of steps.
#[derive(Clone, Debug)]
pub struct TimeLimit<E> {
    inner: E,
    limit: usize,
    steps: usize,
}

impl<E> TimeLimit<E> {
    /// At most `limit` steps.
    ///
    /// # Panics
    /// Panics if the limit is 0.
    pub fn new(inner: E, limit: usize) -> Self {
        assert!(limit > 0, "an episode needs at least 1 step");
        Self { inner, limit, steps: 0 }
    }
}

impl<E: Environment> Environment for TimeLimit<E> {
    passed_on!(observation_space actions memory drawings);

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        self.steps = 0;
        self.inner.reset(seed)
    }

    fn step(&mut self, action: usize) -> Step {
        self.steps += 1;
        let step = self.inner.step(action);
        Step { truncated: step.truncated || (self.steps >= self.limit && !step.terminated), ..step }
    }
}
