//! Going on after a mistake.

use crate::spec::Inputs;
use crate::{Mistake, Op, Shape, Site};

/// What came of applying a shape rule, and what to go on with.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// The operation with nothing left to infer and its output, or the first mistake.
    pub outcome: Result<(Op, Shape), Mistake>,
    /// The same where there was no mistake. After one that says nothing of the output's shape, what the rule gives without the part
    /// that is to blame; after any other, [`Shape::UNKNOWN`], on which later rules keep quiet: one mistake gives one message.
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

/// What values that do not fit each other were probably meant to give: what PyTorch's broadcasting makes of them; [`Shape::UNKNOWN`] where it
/// refuses them too.
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
