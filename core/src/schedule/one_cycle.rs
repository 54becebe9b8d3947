//! Up and far down in one cycle (Smith and Topin, 2018).

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::Schedule;

/// From `base / start_divisor` up to `base`, then down to `base / start_divisor / end_divisor`. The base is what PyTorch's `OneCycleLR`
/// calls `max_lr`. Momentum goes the other way: see [`OneCycle::momentum`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneCycle {
    /// The steps of the run.
    pub steps: usize,
    /// The part of them on which it rises.
    pub rise: f64,
    /// By how much the first learning rate is below the highest.
    pub start_divisor: f64,
    /// By how much the last learning rate is below the first.
    pub end_divisor: f64,
    /// The shape of both slopes.
    pub annealing: Annealing,
    /// The momentum at the highest learning rate, and at the lowest.
    pub momentum: [f64; 2],
}

/// The shape of a slope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Annealing {
    /// Half a cosine.
    #[default]
    Cosine,
    /// A straight line.
    Linear,
}

impl OneCycle {
    /// PyTorch's defaults for a run of so many steps: 30 % of them up, divisors of 25 and 10000, cosines, momentum between 0.85 and 0.95.
    pub fn new(steps: usize) -> Self {
        let momentum = [0.85, 0.95];
        Self { steps, rise: 0.3, start_divisor: 25.0, end_divisor: 1e4, annealing: Annealing::default(), momentum }
    }

    /// The momentum of step `step`: high where the learning rate is low.
    pub fn momentum(&self, step: usize) -> f64 {
        let [low, high] = self.momentum;
        self.between(step, [high, low, high])
    }

    /// Where step `step` is on the way between three values.
    fn between(&self, step: usize, [start, top, end]: [f64; 3]) -> f64 {
        let peak = self.rise * self.steps as f64 - 1.0;
        let last = self.steps as f64 - 1.0;
        let step = (step as f64).min(last);
        // A way of no length is at its end: 0 / 0 would be no number.
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
        let start = base / self.start_divisor;
        self.between(step, [start, base, start / self.end_divisor])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_of_no_length_is_at_its_end() {
        for annealing in [Annealing::Cosine, Annealing::Linear] {
            // One step up, all steps up, none up; runs of one step and of none.
            for (steps, rise) in [(10, 0.1), (4, 0.25), (10, 1.0), (10, 0.0), (1, 0.3), (1, 1.0), (0, 0.3)] {
                let cycle = OneCycle { rise, annealing, ..OneCycle::new(steps) };
                for step in 0..12 {
                    let (lr, momentum) = (cycle.lr(0.1, step), cycle.momentum(step));
                    assert!((0.0..=0.1).contains(&lr), "{lr} in step {step} of {steps}, rising for {rise} of it");
                    assert!((0.85..=0.95).contains(&momentum), "{momentum} in step {step} of {steps}, rising for {rise} of it");
                }
            }
            assert_eq!(OneCycle { rise: 0.1, annealing, ..OneCycle::new(10) }.lr(0.1, 0), 0.1);
        }
    }
}
