//! Maxout.

use super::{Linear, Params};
use crate::{Mistake, Part, Shape, Site};

/// The largest of `pieces` linear functions for each feature out (Goodfellow et al., 2013, arXiv 1302.4389): feature `j` is the maximum
/// of rows `j pieces` to `(j + 1) pieces - 1` of `W x + b`. Input `[in]` or `[length, in]`, output `[out]` or `[length, out]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Maxout {
    /// Features in; [`crate::INFER`] takes the input's.
    pub in_features: usize,
    /// Features out.
    pub out_features: usize,
    /// Linear functions for each feature out.
    pub pieces: usize,
    /// Add a bias?
    pub bias: bool,
}

impl Maxout {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let linear = Linear { in_features: self.in_features, out_features: self.out_features, bias: self.bias };
        match linear.infer(input, site) {
            Ok((linear, output)) => {
                self.in_features = linear.in_features;
                if self.pieces == 0 {
                    return Err(Mistake::new(Part::Pieces, site.start().str(" has 0 pieces; it must have at least 1")));
                }
                Ok((self, output))
            }
            Err(mistake) => Err(mistake),
        }
    }

    pub(super) const fn params(&self) -> Params {
        let rows = self.out_features.saturating_mul(self.pieces);
        let params = Params::NONE.trained("weight", &[rows, self.in_features]);
        if self.bias { params.trained("bias", &[rows]) } else { params }
    }

    pub(super) const fn multiply_adds(&self, input: &Shape, _output: &Shape) -> u64 {
        (input.len() as u64).saturating_mul(self.out_features as u64).saturating_mul(self.pieces as u64)
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::In => self.in_features = crate::INFER,
            Part::Pieces => self.pieces = 1,
            _ => return None,
        }
        Some(self)
    }
}
