//! The last observations as one.

use std::collections::VecDeque;

use super::passed_on;
use crate::rl::{Environment, Space, Step};

/// Joins the last observations along the first axis, the newest last: so that a network sees motion in pictures (Mnih et al., 2015). At the beginning
/// of an episode the first observation is repeated.
#[derive(Clone, Debug)]
pub struct FrameStack<E> {
    inner: E,
    count: usize,
    frames: VecDeque<Vec<f32>>,
}

impl<E> FrameStack<E> {
    /// Joins `count` observations.
    ///
    /// # Panics
    /// Panics if the count is 0.
    pub fn new(inner: E, count: usize) -> Self {
        assert!(count > 0, "a stack needs at least 1 frame");
        Self { inner, count, frames: VecDeque::new() }
    }

    fn joined(&self) -> Vec<f32> {
        self.frames.iter().flatten().copied().collect()
    }
}

impl<E: Environment> Environment for FrameStack<E> {
    passed_on!(actions memory drawings);

    fn observation_space(&self) -> Space {
        match self.inner.observation_space() {
            Space::Picture { shape: [channels, height, width] } => Space::Picture { shape: [self.count * channels, height, width] },
            Space::Real { mut shape, low, high } => {
                match shape.first_mut() {
                    Some(first) => *first *= self.count,
                    None => shape.push(self.count),
                }
                Space::Real { shape, low: low.repeat(self.count), high: high.repeat(self.count) }
            }
        }
    }

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        let first = self.inner.reset(seed);
        self.frames = std::iter::repeat_n(first, self.count).collect();
        self.joined()
    }

    fn step(&mut self, action: usize) -> Step {
        let step = self.inner.step(action);
        self.frames.pop_front();
        self.frames.push_back(step.observation);
        Step { observation: self.joined(), ..step }
    }
}
