//! Axes of a plot: range and tick labels. An axis always has at least two ticks.

use std::ops::Range;

/// An axis of a plot.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub range: Range<f64>,
    pub logarithmic: bool,
    /// The positions of the ticks.
    pub ticks: Vec<f64>,
    /// The labels of the ticks.
    pub labels: Vec<String>,
}

/// Maximum number of ticks of a logarithmic axis.
const MOST: usize = 8;
/// From this ratio of the largest to the smallest value on, an axis is logarithmic.
const WIDE: f64 = 10.0;
/// Larger values would overflow the axis arithmetic.
pub(super) const LARGEST: f64 = 1e100;

impl Axis {
    /// An axis of epochs from 1 to `last`.
    pub fn epochs(last: usize) -> Self {
        let last = last.max(1) as f64;
        if last < 2.0 {
            return Self::linear(0.0..2.0, 1.0);
        }
        let side = (0.03 * last).max(0.08);
        let step = if last <= 11.0 { 1.0 } else { round(last / 6.0).max(1.0) };
        Self::linear(1.0 - side..last + side, step)
    }

    /// An axis of percentages up to 100.
    pub fn percent(values: &[f64]) -> Self {
        let lowest = values.iter().copied().fold(100.0, f64::min);
        let margin = ((100.0 - lowest) * 0.06).max(0.02);
        Self::over((lowest - margin).max(0.0)..100.0 + margin)
    }

    /// An axis of arbitrary values: logarithmic if all values are positive with a wide range.
    pub fn of(values: &[f64]) -> Self {
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if lowest > highest {
            return Self::over(0.0..1.0);
        }
        if lowest > 0.0 && highest / lowest >= WIDE {
            return Self::over_decades(lowest / 1.25..highest * 1.25);
        }
        Self::around(lowest, highest, 0.06)
    }

    /// A linear axis of values.
    pub fn linear_of(values: &[f64]) -> Self {
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if lowest > highest { Self::over(0.0..1.0) } else { Self::around(lowest, highest, 0.03) }
    }

    /// A logarithmic axis of positive values.
    pub fn logarithmic_of(values: &[f64]) -> Self {
        let lowest = values.iter().copied().filter(|value| *value < LARGEST).fold(f64::INFINITY, f64::min).max(1.0 / LARGEST);
        let highest = values.iter().copied().filter(|value| *value < LARGEST).fold(0.0, f64::max).max(lowest);
        if lowest.is_finite() { Self::over_decades(lowest / 1.25..highest * 1.25) } else { Self::over_decades(0.1..10.0) }
    }

    /// An axis of exactly this range.
    pub fn exactly(range: Range<f64>, logarithmic: bool) -> Self {
        if range.is_empty() {
            return Self::around(range.start, range.start, 0.0);
        }
        if logarithmic { Self::over_decades(range) } else { Self::over(range) }
    }

    /// An axis of names, from the far end to the begin.
    pub fn of_names(names: &[String]) -> Self {
        let ticks = (0..names.len()).rev().map(|place| place as f64).collect();
        Self { range: -0.5..names.len() as f64 - 0.5, logarithmic: false, ticks, labels: names.to_vec() }
    }

    /// A linear axis with a margin on both sides, a share of the range.
    fn around(lowest: f64, highest: f64, share: f64) -> Self {
        let margin = ((highest - lowest) * share).max(highest.abs() * 1e-6).max(1e-12);
        // A single value is centered.
        let margin = if highest == lowest { (0.1 * highest.abs()).max(1e-6) } else { margin };
        Self::over(lowest - margin..highest + margin)
    }

    /// The position of a value on the axis, 0 to 1.
    pub fn along(&self, value: f64) -> f64 {
        let Range { start, end } = self.range;
        if self.logarithmic { (value / start).ln() / (end / start).ln() } else { (value - start) / (end - start) }
    }

    fn over(range: Range<f64>) -> Self {
        let mut step = round((range.end - range.start) / 8.0);
        while multiples(&range, step).len() < 2 {
            step = round(step / 2.1);
        }
        Self::linear(range, step)
    }

    fn linear(range: Range<f64>, step: f64) -> Self {
        let ticks = multiples(&range, step);
        let decimals = decimals(step);
        let far = range.start.abs().max(range.end.abs()) >= 1e6 || decimals > 6;
        let label = |tick: &f64| if far { short(*tick, step) } else { format!("{tick:.decimals$}") };
        Self { labels: ticks.iter().map(label).collect(), ticks, range, logarithmic: false }
    }

    /// Ticks 1, 2, 5 per decade, or 1, 3, or only the decades, or every n-th of them.
    fn over_decades(range: Range<f64>) -> Self {
        let all = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
        let of = |steps: &[f64], every: usize| -> Vec<f64> {
            let decades = all.clone().step_by(every);
            let ticks = decades.flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)));
            ticks.filter(|tick| range.contains(tick)).collect()
        };
        let few = [of(&[1.0, 2.0, 5.0], 1), of(&[1.0, 3.0], 1)].into_iter().chain((1..).map(|every| of(&[1.0], every)));
        let ticks = few.into_iter().find(|ticks| ticks.len() <= MOST).unwrap_or_default();
        if ticks.len() < 2 {
            // Less than a decade.
            return Self { logarithmic: true, ..Self::over(range) };
        }
        Self { labels: ticks.iter().map(|&tick| plain(tick)).collect(), ticks, range, logarithmic: true }
    }
}

/// The smallest of 1, 2 or 5 times a power of ten that is at least `step`.
fn round(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| times * power >= step * (1.0 - 1e-9));
    times.unwrap_or(10.0) * power
}

/// The multiples of a step in a range, without accumulated rounding errors.
fn multiples(range: &Range<f64>, step: f64) -> Vec<f64> {
    let first = (range.start / step - 1e-9).ceil();
    let last = (range.end / step + 1e-9).floor();
    let count = (last - first).clamp(-1.0, 100.0) as i64;
    (0..=count).map(|i| (first + i as f64) * step).collect()
}

/// Number of decimals that distinguish multiples of a step.
fn decimals(step: f64) -> usize {
    (-(step.log10() + 1e-9).floor()).clamp(0.0, 30.0) as usize
}

/// `2.5e7`, with as many digits as distinguish multiples of the step.
fn short(value: f64, step: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (value.abs().log10().floor() - step.log10().floor()).clamp(0.0, 17.0) as usize;
    format!("{value:.digits$e}")
}

/// Without trailing zeros; very large and very small numbers in scientific notation.
fn plain(value: f64) -> String {
    if !(1e-4..1e6).contains(&value) {
        return format!("{value:.0e}");
    }
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_round() {
        assert_eq!(Axis::of(&[0.019, 0.24]).labels, ["0.02", "0.05", "0.1", "0.2"]);
        assert_eq!(Axis::of(&[2e-3, 2.0]).labels, ["0.003", "0.01", "0.03", "0.1", "0.3", "1"]);
        assert_eq!(Axis::of(&[1e-8, 2.0]).labels, ["1e-7", "1e-5", "0.001", "0.1"]);
        assert_eq!(Axis::of(&[1.4842, 1.8]).labels, ["1.50", "1.55", "1.60", "1.65", "1.70", "1.75", "1.80"]);
        assert_eq!(Axis::percent(&[89.0]).labels, ["90", "92", "94", "96", "98", "100"]);
        assert_eq!(
            (Axis::epochs(1).labels, Axis::epochs(2).labels),
            (["0", "1", "2"].map(String::from).to_vec(), vec!["1".into(), "2".into()])
        );
        assert_eq!(Axis::epochs(500).labels, ["0", "100", "200", "300", "400", "500"]);
    }

    /// For any values: 2 to 12 ticks, all different and in range.
    #[test]
    fn at_least_two_ticks() {
        let values =
            [0.0, 1.0, -3.0, 0.693, 1.4842, 1.5, 1e-9, 2e-9, 4e37, 5e37, -1e99, 1e99, 1e-300, 0.999_999_9, 1.0000001, 12345.678, 7.0, 1e6];
        for a in values {
            for b in values {
                for axis in [Axis::of(&[a, b]), Axis::percent(&[a.clamp(0.0, 100.0), b.clamp(0.0, 100.0)])] {
                    assert!((2..=12).contains(&axis.ticks.len()), "{a} and {b}: {axis:?}");
                    let mut labels = axis.labels.clone();
                    labels.dedup();
                    assert_eq!(labels.len(), axis.ticks.len(), "{a} and {b}: {axis:?}");
                    assert!(
                        axis.range.start < a.min(b).max(axis.range.end) && axis.labels.iter().all(|label| label.len() < 24),
                        "{axis:?}"
                    );
                    let room = 1e-6 * (axis.range.end - axis.range.start);
                    assert!(axis.ticks.iter().all(|&tick| tick >= axis.range.start - room && tick <= axis.range.end + room), "{axis:?}");
                }
            }
        }
        assert!((1..2000).all(|last| (2..=12).contains(&Axis::epochs(last).ticks.len())));
        assert_eq!(Axis::of(&[]).range, 0.0..1.0);
    }
}
