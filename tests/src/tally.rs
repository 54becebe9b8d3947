//! Comparisons of a pass with the portable path in float64, where the number type allows one.

use std::cell::LazyCell;

use layercake::ir::{Graph, Op};
use layercake_engine::Mode;

use crate::{Numbers, Outcome, Pass, Random, Report, difference};

/// How far a number type allows results to be off.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The tolerance.
    pub bar: f64,
    /// Relative noise on inputs and parameters: about sixteen times the rounding of the number type.
    pub noise: f64,
}

impl Limits {
    /// Of float32.
    pub const SINGLE: Self = Self { bar: 1e-5, noise: 1e-6 };
    /// Of float64.
    pub const DOUBLE: Self = Self { bar: 1e-10, noise: 2e-15 };
}

/// The comparisons, and the number of those that were not possible.
pub struct Tally {
    report: Report,
    limits: Limits,
    all: usize,
    left_out: usize,
}

impl Tally {
    /// An empty one.
    pub fn new(title: &str, limits: Limits) -> Self {
        Self { report: Report::new(title), limits, all: 0, left_out: 0 }
    }

    /// Counts a case.
    pub fn case(&mut self) {
        self.report.case();
    }

    /// Compares what a path has found with the portable path in float64 on the CPU. A tensor that no program with this number type gets right is
    /// left out.
    ///
    /// # Panics
    /// If the pass found other tensors.
    pub fn compare(&mut self, path: &'static str, case: &str, pass: &Pass, mode: Mode, found: &Outcome) {
        let expected = pass.portable_f64(mode);
        assert!(found.keys().eq(expected.keys()), "{case}: {:?} and {:?}", found.keys(), expected.keys());
        let bar = self.limits.bar;
        let others = LazyCell::new(|| as_good(pass, mode, self.limits));
        for (name, expected) in &expected {
            self.all += 1;
            let close = difference(&found[name], expected) <= bar;
            if !close && others.iter().any(|other| difference(&other[name], expected) > bar / 4.0) {
                self.left_out += 1;
            } else {
                self.report.compare(path, case, name, &found[name], expected, bar);
            }
        }
    }

    /// Prints the largest differences.
    ///
    /// # Panics
    /// If a difference is too large, or too many tensors were left out to be chance.
    pub fn finish(self) {
        let Self { report, all, left_out, .. } = self;
        println!("{all} tensors, {left_out} of them left out: no program with this number type gets them right");
        report.finish();
        assert!(left_out * 20 < all, "{left_out} of {all} tensors left out are too many to be chance");
    }
}

/// The accuracy that the number type allows: in float32 the portable path's results, and those in float64 from numbers moved by little more than
/// the type's precision. Where they differ, an element is at the kink of a ReLU, two elements of a window are nearly equal, or nearly everything
/// cancels (batch norm on two values); no result is more correct there.
fn as_good(pass: &Pass, mode: Mode, limits: Limits) -> Vec<Outcome> {
    let mut random = Random::new(pass.seed);
    let mut noisy = |numbers: &Numbers| {
        let values = numbers.values.iter().map(|value| value * (1.0 + limits.noise * (2.0 * random.unit() - 1.0))).collect();
        Numbers { values, ..numbers.clone() }
    };
    let mut outcomes = Vec::new();
    if limits.bar >= Limits::SINGLE.bar {
        outcomes.push(pass.portable_f32(mode));
    }
    for _ in 0..4 {
        let state: Vec<Numbers> = pass.state.iter().map(&mut noisy).collect();
        let inputs: Vec<Numbers> = pass.inputs.iter().map(&mut noisy).collect();
        outcomes.push(Pass { state: &state, inputs: &inputs, ..*pass }.portable_f64(mode));
    }
    outcomes
}

/// Whether a graph can be trained on this batch: batch norm cannot on one value per channel.
pub fn has_variance(graph: &Graph, batch: usize) -> bool {
    graph.nodes().iter().filter(|node| matches!(node.op, Op::BatchNorm1d(_) | Op::BatchNorm2d(_))).all(|node| {
        let shape = graph.shape(node.inputs()[0]);
        batch * shape.len() / shape.dim(0) > 1
    })
}

/// The inputs and operations of a graph in a line.
pub fn kinds(graph: &Graph) -> String {
    let input = graph.inputs().iter().fold(String::new(), |text, port| text + &port.shape.to_string());
    graph.nodes().iter().fold(input, |text, node| text + " " + node.op.kind())
}
