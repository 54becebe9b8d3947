//! A length along a direction with which the strong Wolfe conditions hold: Nocedal and Wright, algorithms 3.5 (bracketing) and 3.6 (zoom), with cubic interpolation.

use super::Objective;
use super::memory::{dot, largest};

/// How much of the decrease that the slope promises is enough.
const DECREASE: f64 = 1e-4;
/// How much of the slope may be left.
const SLOPE: f64 = 0.9;

/// A line through the parameters.
pub(super) struct Line<'a, 'b> {
    pub at: &'a [f64],
    pub direction: &'a [f64],
    pub objective: &'a mut Objective<'b>,
    pub evaluations: usize,
}

/// The loss, its slope along the line and its gradient at a length.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub length: f64,
    pub loss: f64,
    pub slope: f64,
    pub gradient: Vec<f64>,
}

impl Line<'_, '_> {
    fn find(&mut self, length: f64) -> Option<Found> {
        let moved: Vec<f64> = self.at.iter().zip(self.direction).map(|(x, d)| x + length * d).collect();
        let (loss, gradient) = (self.objective)(&moved)?;
        self.evaluations += 1;
        Some(Found { length, loss, slope: dot(&gradient, self.direction), gradient })
    }
}

/// Searches from `start`, of length 0, beginning with `length`; `most` evaluations after that. None if the objective failed.
pub(super) fn strong_wolfe(line: &mut Line<'_, '_>, start: Found, length: f64, tolerance: f64, most: usize) -> Option<Found> {
    let is_too_high = |found: &Found| found.loss > start.loss + DECREASE * found.length * start.slope;
    let is_flat = |found: &Found| found.slope.abs() <= -SLOPE * start.slope;
    let mut before = start.clone();
    let mut new = line.find(length)?;
    let mut round = 0;
    // Longer and longer, until a minimum lies between the last two lengths.
    let mut bracket = loop {
        if round == most {
            break [start.clone(), new];
        }
        if is_too_high(&new) || (round > 1 && new.loss >= before.loss) {
            break [before, new];
        }
        if is_flat(&new) {
            return Some(new);
        }
        if new.slope >= 0.0 {
            break [before, new];
        }
        let bounds = (new.length + 0.01 * (new.length - before.length), 10.0 * new.length);
        let length = cubic(&before, &new, bounds);
        before = new;
        new = line.find(length)?;
        round += 1;
    };
    // Shorter and shorter; the first of the bracket is the lower one.
    if bracket[0].loss > bracket[1].loss {
        bracket.swap(0, 1);
    }
    let (wide, mut stalled) = (largest(line.direction), false);
    while round < most && (bracket[1].length - bracket[0].length).abs() * wide >= tolerance {
        let [one, other] = [0, 1].map(|i| bracket[i].length);
        let (low, high) = (one.min(other), one.max(other));
        let (left, right) = if one <= other { (0, 1) } else { (1, 0) };
        let mut length = cubic(&bracket[left], &bracket[right], (low, high));
        let margin = 0.1 * (high - low);
        // A length too near an end makes little progress: the second time it is moved inwards.
        if (high - length).min(length - low) < margin {
            if stalled || length >= high || length <= low {
                length = if (length - high).abs() < (length - low).abs() { high - margin } else { low + margin };
                stalled = false;
            } else {
                stalled = true;
            }
        } else {
            stalled = false;
        }
        let new = line.find(length)?;
        round += 1;
        if is_too_high(&new) || new.loss >= bracket[0].loss {
            bracket[1] = new;
            if bracket[0].loss > bracket[1].loss {
                bracket.swap(0, 1);
            }
            continue;
        }
        let done = is_flat(&new);
        if !done && new.slope * (bracket[1].length - bracket[0].length) >= 0.0 {
            bracket[1] = bracket[0].clone();
        }
        bracket[0] = new;
        if done {
            break;
        }
    }
    let [lowest, _] = bracket;
    Some(lowest)
}

/// Where the cubic through two losses with their slopes has its minimum, within bounds; their middle if it has none. Nocedal and Wright, equation 3.59.
fn cubic(one: &Found, other: &Found, (least, most): (f64, f64)) -> f64 {
    let (a, b) = if one.length <= other.length { (one, other) } else { (other, one) };
    let first = a.slope + b.slope - 3.0 * (a.loss - b.loss) / (a.length - b.length);
    let square = first * first - a.slope * b.slope;
    if square < 0.0 || square.is_nan() {
        return f64::midpoint(least, most);
    }
    let second = square.sqrt();
    let length = b.length - (b.length - a.length) * ((b.slope + second - first) / (b.slope - a.slope + 2.0 * second));
    length.max(least).min(most)
}
