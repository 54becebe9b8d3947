//! The direction of L-BFGS, and its iterations.

use std::collections::VecDeque;

use super::wolfe::{Found, Line, strong_wolfe};
use super::{LbfgsConfig, LineSearch, Objective};

/// What is kept from iteration to iteration, also between steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    pub evaluations: usize,
    iterations: usize,
    pairs: VecDeque<Pair>,
    /// The curvature of the last pair, by which the first guess of the inverse Hessian is scaled.
    scale: f64,
    /// The last step, and the gradient before it.
    last: Option<(Vec<f64>, Vec<f64>)>,
}

/// The change of the parameters in an iteration, and that of the gradient.
#[derive(Clone, Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// One divided by their product.
    inverse: f64,
}

/// A pair with a smaller product is left out: the approximation of the Hessian would not stay positive.
const LEAST_CURVATURE: f64 = 1e-10;

impl Memory {
    /// Iterates from `at`, and returns the new parameters; none if the objective failed.
    pub fn step(&mut self, cfg: &LbfgsConfig, mut at: Vec<f64>, objective: &mut Objective<'_>) -> Option<Vec<f64>> {
        let (mut loss, mut gradient) = objective(&at)?;
        let most = cfg.max_eval.unwrap_or(cfg.max_iter * 5 / 4);
        let mut evaluations = 1;
        self.evaluations += 1;
        if largest(&gradient) <= cfg.tolerance_grad {
            return Some(at);
        }
        for iteration in 1..=cfg.max_iter {
            let direction = self.direction(&gradient, cfg.history_size);
            let first = self.iterations == 0;
            self.iterations += 1;
            let length = if first { (1.0 / gradient.iter().map(|g| g.abs()).sum::<f64>()).min(1.0) * cfg.lr } else { cfg.lr };
            let slope = dot(&gradient, &direction);
            let (before, old) = (loss, gradient.clone());
            if slope > -cfg.tolerance_change {
                // The next step begins with what led here.
                self.last = Some((vec![0.0; at.len()], old));
                break;
            }
            let mut spent = 0;
            let length = match cfg.line_search {
                LineSearch::StrongWolfe => {
                    let mut line = Line { at: &at, direction: &direction, objective: &mut *objective, evaluations: 0 };
                    let start = Found { length: 0.0, loss, slope, gradient };
                    let found = strong_wolfe(&mut line, start, length, cfg.tolerance_change, most.saturating_sub(evaluations))?;
                    spent = line.evaluations;
                    (loss, gradient) = (found.loss, found.gradient);
                    found.length
                }
                LineSearch::Fixed => length,
            };
            let step: Vec<f64> = direction.iter().map(|d| d * length).collect();
            at.iter_mut().zip(&step).for_each(|(x, step)| *x += step);
            // Without a search the loss after the last iteration is not needed: the next step begins with it.
            if cfg.line_search == LineSearch::Fixed && iteration != cfg.max_iter {
                (loss, gradient) = objective(&at)?;
                spent = 1;
            }
            let moved = largest(&step);
            self.last = Some((step, old));
            evaluations += spent;
            self.evaluations += spent;
            let settled = largest(&gradient) <= cfg.tolerance_grad || moved <= cfg.tolerance_change;
            if evaluations >= most || settled || (loss - before).abs() < cfg.tolerance_change {
                break;
            }
        }
        Some(at)
    }

    /// Minus the inverse Hessian times the gradient: the two loops of Nocedal and Wright, algorithm 7.4.
    fn direction(&mut self, gradient: &[f64], history: usize) -> Vec<f64> {
        match self.last.take() {
            None => self.scale = 1.0,
            Some((step, before)) => {
                let change: Vec<f64> = gradient.iter().zip(&before).map(|(new, old)| new - old).collect();
                let curvature = dot(&change, &step);
                if curvature > LEAST_CURVATURE {
                    if self.pairs.len() >= history {
                        self.pairs.pop_front();
                    }
                    self.scale = curvature / dot(&change, &change);
                    self.pairs.push_back(Pair { step, change, inverse: 1.0 / curvature });
                }
            }
        }
        let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut shares = Vec::new();
        for pair in self.pairs.iter().rev() {
            let share = dot(&pair.step, &direction) * pair.inverse;
            add(&mut direction, &pair.change, -share);
            shares.push(share);
        }
        direction.iter_mut().for_each(|d| *d *= self.scale);
        for (pair, share) in self.pairs.iter().zip(shares.into_iter().rev()) {
            let back = dot(&pair.change, &direction) * pair.inverse;
            add(&mut direction, &pair.step, share - back);
        }
        direction
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(super) fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |most: f64, x| if most.is_nan() || x.is_nan() { f64::NAN } else { x.abs().max(most) })
}

fn add(to: &mut [f64], other: &[f64], times: f64) {
    to.iter_mut().zip(other).for_each(|(to, other)| *to += times * other);
}
