//! Going on after a mistake.

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
        Attempt { outcome, decided: (op, Shape::UNKNOWN) }
    }
}
