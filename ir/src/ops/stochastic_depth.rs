//! Dropout of samples.

use super::prelude::*;

operation! {
    /// Stochastic depth: while training, zeroes all of a sample with probability `p` and scales the other samples by `1 / (1 - p)`, torchvision's
    /// `StochasticDepth(p, mode="row")` (Huang et al., 2016, arXiv 1603.09382, section 3). At the end of a residual branch it leaves the sample
    /// with the shortcut alone: `Residual(drop = p) { .. }`. Any shape.
    pub struct StochasticDepth("StochasticDepth"): Regularization {
        /// The probability of dropping a sample: at least 0, less than 1.
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
