//! The interface of an environment.

use super::Space;
use crate::run::Canvas;

/// What an agent acts in, as in Gymnasium: it begins an episode with [`Environment::reset`] and then steps until the episode ends.
///
/// All random numbers of an episode follow from the seed of its reset. An episode can therefore be repeated from its seed and its actions, which is how
/// a resumed run finds the states of its environments.
pub trait Environment: Send {
    /// The observations.
    fn observation_space(&self) -> Space;

    /// The number of actions, `0..actions`: Gymnasium's `Discrete`.
    fn actions(&self) -> usize;

    /// Begins an episode and returns its first observation.
    fn reset(&mut self, seed: u64) -> Vec<f32>;

    /// Takes an action, below [`Environment::actions`]. After the end of an episode the next call must be [`Environment::reset`].
    fn step(&mut self, action: usize) -> Step;

    /// What it keeps from one episode to the next, such as running means; most environments keep nothing.
    fn memory(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Restores what [`Environment::memory`] returned.
    fn restore(&mut self, _memory: &[f64]) {}

    /// A picture of the state, for animations.
    fn picture(&self) -> Option<Canvas> {
        None
    }

    /// The state drawn with characters, for terminals.
    fn text(&self) -> Option<String> {
        None
    }
}

/// The result of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The observation after the action, of the space's size.
    pub observation: Vec<f32>,
    /// The reward of the action.
    pub reward: f64,
    /// Whether the task ended: no rewards follow, so the value of this state is 0.
    pub terminated: bool,
    /// Whether the episode was cut off, for example by a time limit: rewards would have followed, so the value of this state is still estimated.
    pub truncated: bool,
}

impl Step {
    /// Whether the episode ended in either way.
    pub fn is_last(&self) -> bool {
        self.terminated || self.truncated
    }
}

impl<E: Environment + ?Sized> Environment for Box<E> {
    fn observation_space(&self) -> Space {
        (**self).observation_space()
    }

    fn actions(&self) -> usize {
        (**self).actions()
    }

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        (**self).reset(seed)
    }

    fn step(&mut self, action: usize) -> Step {
        (**self).step(action)
    }

    fn memory(&self) -> Vec<f64> {
        (**self).memory()
    }

    fn restore(&mut self, memory: &[f64]) {
        (**self).restore(memory);
    }

    fn picture(&self) -> Option<Canvas> {
        (**self).picture()
    }

    fn text(&self) -> Option<String> {
        (**self).text()
    }
}
