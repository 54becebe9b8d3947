//! Stochastic depth.

use super::prelude::*;

operation! {
    /// Stochastic depth, torchvision's `StochasticDepth(p, mode="row")` (Huang et al., 2016, arXiv 1603.09382, section 3). In training, zeroes whole
    /// samples with probability `p` and scales the others by `1 / (1 - p)`; the identity at inference. At the end of a residual branch it drops the branch:
    /// `Residual(drop = p) { .. }`. Any shape.
    pub struct StochasticDepth("StochasticDepth"): Regularization {
        /// Probability of dropping a sample: at least 0, less than 1.
        p: f64 = Choice::required().first() => 0.0,
    }
    has(infer, draws)
    example: "StochasticDepth(0.2)",
}

impl StochasticDepth {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match probability::check(self.p, "a sample", site) {
            Some(mistake) => Err(mistake),
            None => Ok((self, *input)),
        }
    }

    pub(crate) const fn draws(&self) -> bool {
        true
    }
}
