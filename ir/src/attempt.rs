//! Continuing after a mistake.

use crate::spec::Inputs;
use crate::{Mistake, Op, Shape, Site};

/// The result of a shape rule, and what to continue with.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// The operation with all sizes inferred and its output's shape, or the first mistake.
    pub outcome: Result<(Op, Shape), Mistake>,
    /// The same if there was no mistake. After one that does not affect the output's shape, the result of the rule without the part
    /// that is wrong; after any other, [`Shape::UNKNOWN`], about which later rules report nothing: one mistake gives one message.
    pub decided: (Op, Shape),
}

impl Op {
    /// Applies the shape rule.
    pub const fn attempt(self, inputs: &[Shape], site: &Site) -> Attempt {
        let outcome = self.infer(inputs, site);
        let mut mistake = match &outcome {
            Ok(decided) => return Attempt { outcome, decided: *decided },
            Err(mistake) => *mistake,
        };
        let mut op = self;
        while let Some(rest) = op.without(mistake.part) {
            op = rest;
            mistake = match op.infer(inputs, site) {
                Ok(decided) => return Attempt { outcome, decided },
                Err(mistake) => mistake,
            };
        }
        let output = if matches!(op.spec().inputs, Inputs::Alike) { broadcast(inputs) } else { Shape::UNKNOWN };
        Attempt { outcome, decided: (op, output) }
    }
}

/// The likely output of joined values whose shapes differ: the shape after PyTorch's broadcasting; [`Shape::UNKNOWN`] if it
/// fails too.
pub const fn broadcast(values: &[Shape]) -> Shape {
    if values.is_empty() {
        return Shape::UNKNOWN;
    }
    let mut shape = values[0];
    let mut i = 1;
    while i < values.len() {
        if values[i].rank() != shape.rank() {
            return Shape::UNKNOWN;
        }
        let mut axis = 0;
        while axis < shape.rank() {
            let (own, other) = (shape.dim(axis), values[i].dim(axis));
            if own == 1 {
                shape = shape.with_dim(axis, other);
            } else if other != own && other != 1 {
                return Shape::UNKNOWN;
            }
            axis += 1;
        }
        i += 1;
    }
    shape
}
