//! Dropout.

use super::prelude::*;

operation! {
    /// In training, zeroes each element with probability `p` and scales the others by `1 / (1 - p)`; the identity at inference. PyTorch's `Dropout`
    /// (Srivastava et al., 2014, scaled during training). Any shape.
    pub struct Dropout("Dropout"): Regularization {
        /// Probability of dropping an element: at least 0, less than 1.
        p: f64 = Choice::float(0.5).first().always() => 0.0,
    }
    has(infer, draws)
    torch: &["p", "inplace: -"],
    others: &["drop"],
    example: "Dropout(0.5)",
}

impl Dropout {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match probability::check(self.p, "an element", site) {
            Some(mistake) => Err(mistake),
            None => Ok((self, *input)),
        }
    }

    pub(crate) const fn draws(&self) -> bool {
        true
    }
}
