//! The one-cycle policy (Smith and Topin, 2018).

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::Schedule;

/// Rises from `base / div_factor` to `base`, then falls to `base / div_factor / final_div_factor`. The base is what PyTorch's `OneCycleLR` calls
/// `max_lr`. Momentum moves in the opposite direction: see [`OneCycle::momentum`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneCycle {
    /// The number of steps of the run.
    pub steps: usize,
    /// The fraction of steps on which the learning rate rises.
    pub pct_start: f64,
    /// The ratio of the highest to the first learning rate.
    pub div_factor: f64,
    /// The ratio of the first to the last learning rate.
    pub final_div_factor: f64,
    /// The shape of the rise and the fall.
    pub annealing: Annealing,
    /// The momentum at the highest learning rate, and at the lowest.
    pub momentum: [f64; 2],
}

/// The shape of a rise or fall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Annealing {
    /// Half a cosine.
    #[default]
    Cosine,
    /// Linear.
    Linear,
}

impl OneCycle {
    /// PyTorch's defaults for a number of steps: 30 % of them rising, divisors of 25 and 10000, cosines, momentum between 0.85 and 0.95.
    pub fn new(steps: usize) -> Self {
        let momentum = [0.85, 0.95];
        Self { steps, pct_start: 0.3, div_factor: 25.0, final_div_factor: 1e4, annealing: Annealing::default(), momentum }
    }

    /// The momentum of step `step`: high where the learning rate is low.
    pub fn momentum(&self, step: usize) -> f64 {
        let [low, high] = self.momentum;
        self.between(step, [high, low, high])
    }

    /// The value of step `step` for a start, a top and an end value.
    fn between(&self, step: usize, [start, top, end]: [f64; 3]) -> f64 {
        let peak = self.pct_start * self.steps as f64 - 1.0;
        let last = self.steps as f64 - 1.0;
        let step = (step as f64).min(last);
        // A phase of length 0 is at its end: 0 / 0 would be NaN.
        let part = |way: f64, length: f64| if length == 0.0 { 1.0 } else { way / length };
        let (from, to, part) = if step <= peak { (start, top, part(step, peak)) } else { (top, end, part(step - peak, last - peak)) };
        match self.annealing {
            Annealing::Cosine => to + (from - to) / 2.0 * (1.0 + (PI * part).cos()),
            Annealing::Linear => from + (to - from) * part,
        }
    }
}

impl Schedule for OneCycle {
    fn lr(&self, base: f64, step: usize) -> f64 {
        let start = base / self.div_factor;
        self.between(step, [start, base, start / self.final_div_factor])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_of_no_length_is_at_its_end() {
        for annealing in [Annealing::Cosine, Annealing::Linear] {
            // The rate rises in one step, in all steps and in none; runs of one step and of no steps.
            for (steps, rise) in [(10, 0.1), (4, 0.25), (10, 1.0), (10, 0.0), (1, 0.3), (1, 1.0), (0, 0.3)] {
                let cycle = OneCycle { pct_start: rise, annealing, ..OneCycle::new(steps) };
                for step in 0..12 {
                    let (lr, momentum) = (cycle.lr(0.1, step), cycle.momentum(step));
                    assert!((0.0..=0.1).contains(&lr), "{lr} in step {step} of {steps}, rising for {rise} of it");
                    assert!((0.85..=0.95).contains(&momentum), "{momentum} in step {step} of {steps}, rising for {rise} of it");
                }
            }
            assert_eq!(OneCycle { pct_start: 0.1, annealing, ..OneCycle::new(10) }.lr(0.1, 0), 0.1);
        }
    }
}
