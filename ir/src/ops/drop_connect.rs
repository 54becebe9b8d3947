//! Linear layer whose weights are dropped at random.

use super::{Linear, Params, dropout};
use crate::{INFER, Mistake, Part, Shape, Site};

/// A `Linear` with DropConnect, written `Linear(120, drop_connect = 0.5)` too: while training each weight is zeroed with probability `p` and
/// the others are scaled by `1 / (1 - p)`, so that `y = x (M * W)^T / (1 - p) + b`; at inference it is the plain layer (Wan et al., 2013,
/// section 3, in the inverted form). There is one mask `M` for each pass over a batch, not one for each sample; biases are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DropConnect {
    /// Features in; [`INFER`] takes the input's.
    pub in_features: usize,
    /// Features out.
    pub out_features: usize,
    /// The probability of dropping a weight: at least 0, less than 1.
    pub p: f64,
    /// Add a bias?
    pub bias: bool,
}

impl DropConnect {
    /// The layer without its mask.
    pub const fn linear(&self) -> Linear {
        Linear { in_features: self.in_features, out_features: self.out_features, bias: self.bias }
    }

    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = dropout::check(self.p, "a weight", site) {
            return Err(mistake);
        }
        match self.linear().infer(input, site) {
            Ok((linear, output)) => {
                self.in_features = linear.in_features;
                Ok((self, output))
            }
            Err(mistake) => Err(mistake),
        }
    }

    pub(super) const fn params(&self) -> Params {
        self.linear().params()
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::In => self.in_features = INFER,
            Part::Probability => self.p = 0.0,
            _ => return None,
        }
        Some(self)
    }

    pub(super) const fn multiply_adds(&self, input: &Shape, output: &Shape) -> u64 {
        self.linear().multiply_adds(input, output)
    }
}
