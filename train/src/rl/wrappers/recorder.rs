//! Pictures of an episode.

use std::path::Path;

use super::passed_on;
use crate::TrainError;
use crate::rl::{Environment, Step};
use crate::run::{Canvas, save_animation};

/// Keeps a picture of each state of the current episode, for an animation.
#[derive(Clone, Debug)]
pub struct Recorder<E> {
    inner: E,
    frames: Vec<Canvas>,
}

impl<E: Environment> Recorder<E> {
    /// Records the pictures of an environment; there are none if it draws none.
    pub fn new(inner: E) -> Self {
        Self { inner, frames: Vec::new() }
    }

    /// The pictures since the last reset.
    pub fn frames(&self) -> &[Canvas] {
        &self.frames
    }

    /// The pictures since the last reset, without a copy.
    pub fn into_frames(self) -> Vec<Canvas> {
        self.frames
    }

    /// Writes the pictures as an animated PNG file, each shown for `milliseconds`.
    ///
    /// # Errors
    /// Returns an error if there are no pictures, or the file cannot be written.
    pub fn save(&self, path: &Path, milliseconds: u16) -> Result<(), TrainError> {
        save_animation(&self.frames, milliseconds, path)
    }
}

impl<E: Environment> Environment for Recorder<E> {
    passed_on!(observation_space actions memory drawings);

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        let observation = self.inner.reset(seed);
        self.frames = self.inner.picture().into_iter().collect();
        observation
    }

    fn step(&mut self, action: usize) -> Step {
        let step = self.inner.step(action);
        self.frames.extend(self.inner.picture());
        step
    }
}
