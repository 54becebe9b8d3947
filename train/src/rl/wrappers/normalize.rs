//! Observations of mean 0 and variance 1.

use super::passed_on;
use crate::rl::{Environment, Space, Step};

/// Added to the variance: a number that never changed has none.
const EPSILON: f64 = 1e-8;

/// Subtracts the mean of the observations so far and divides by their standard deviation, each number by itself. The first observation becomes 0.
///
/// The means are kept over all episodes ([`Environment::memory`]). An evaluation needs those of training: [`Environment::restore`] them in an environment
/// that is [`NormalizeObservation::frozen`].
#[derive(Clone, Debug)]
pub struct NormalizeObservation<E> {
    inner: E,
    frozen: bool,
    count: f64,
    means: Vec<f64>,
    /// The sums of the squared distances from the mean.
    squares: Vec<f64>,
}

impl<E: Environment> NormalizeObservation<E> {
    /// Normalizes by the observations so far.
    pub fn new(inner: E) -> Self {
        let size = inner.observation_space().size();
        Self { inner, frozen: false, count: 0.0, means: vec![0.0; size], squares: vec![0.0; size] }
    }

    /// Keeps the means as they are.
    #[must_use]
    pub fn frozen(self) -> Self {
        Self { frozen: true, ..self }
    }

    fn normalized(&mut self, observation: Vec<f32>) -> Vec<f32> {
        if !self.frozen {
            self.count += 1.0;
        }
        let entries = observation.into_iter().zip(self.means.iter_mut().zip(&mut self.squares));
        let normalized = entries.map(|(x, (mean, squares))| {
            let x = f64::from(x);
            if !self.frozen {
                // Welford's update.
                let before = x - *mean;
                *mean += before / self.count;
                *squares += before * (x - *mean);
            }
            ((x - *mean) / (*squares / self.count.max(1.0) + EPSILON).sqrt()) as f32
        });
        normalized.collect()
    }
}

impl<E: Environment> Environment for NormalizeObservation<E> {
    passed_on!(actions drawings);

    fn observation_space(&self) -> Space {
        let shape = self.inner.observation_space().shape().to_vec();
        let size = shape.iter().product();
        Space::Real { shape, low: vec![f32::NEG_INFINITY; size], high: vec![f32::INFINITY; size] }
    }

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        let observation = self.inner.reset(seed);
        self.normalized(observation)
    }

    fn step(&mut self, action: usize) -> Step {
        let step = self.inner.step(action);
        Step { observation: self.normalized(step.observation), ..step }
    }

    /// The count, the means and the sums of squares, and what the inner environment keeps.
    fn memory(&self) -> Vec<f64> {
        [vec![self.count], self.means.clone(), self.squares.clone(), self.inner.memory()].concat()
    }

    fn restore(&mut self, memory: &[f64]) {
        let size = self.means.len();
        let Some(([count, rest @ ..], inner)) = memory.split_at_checked(1 + 2 * size) else { return };
        self.count = *count;
        self.means.copy_from_slice(&rest[..size]);
        self.squares.copy_from_slice(&rest[size..]);
        self.inner.restore(inner);
    }
}
