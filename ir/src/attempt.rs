//! Going on after a mistake.

use crate::ops::{BatchNorm1d, BatchNorm2d, Conv2d, Dropout, LeakyRelu, Linear};
use crate::{INFER, Mistake, Op, Part, Shape, Site};

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

    /// The operation with a part set to what cannot be wrong; None if the output's shape depends on that part.
    pub const fn without(self, part: Part) -> Option<Op> {
        Some(match (self, part) {
            (Op::Linear(op), Part::In) => Op::Linear(Linear { in_features: INFER, ..op }),
            (Op::Conv2d(op), Part::In) => Op::Conv2d(Conv2d { in_channels: INFER, ..op }),
            (Op::Conv2d(op), Part::Groups) => Op::Conv2d(Conv2d { groups: 1, ..op }),
            (Op::BatchNorm1d(op), Part::In) => Op::BatchNorm1d(BatchNorm1d { features: INFER, ..op }),
            (Op::BatchNorm1d(op), Part::Eps) => Op::BatchNorm1d(BatchNorm1d { eps: 0.0, ..op }),
            (Op::BatchNorm1d(op), Part::Momentum) => Op::BatchNorm1d(BatchNorm1d { momentum: 0.0, ..op }),
            (Op::BatchNorm2d(op), Part::In) => Op::BatchNorm2d(BatchNorm2d { features: INFER, ..op }),
            (Op::BatchNorm2d(op), Part::Eps) => Op::BatchNorm2d(BatchNorm2d { eps: 0.0, ..op }),
            (Op::BatchNorm2d(op), Part::Momentum) => Op::BatchNorm2d(BatchNorm2d { momentum: 0.0, ..op }),
            (Op::Dropout(_), Part::Probability) => Op::Dropout(Dropout { p: 0.0 }),
            (Op::LeakyRelu(_), Part::NegativeSlope) => Op::LeakyRelu(LeakyRelu { negative_slope: 0.0 }),
            _ => return None,
        })
    }
}
