//! The exponential linear unit.

use super::prelude::*;

operation! {
    /// `x` if `x > 0`, else `alpha (exp(x) - 1)`: PyTorch's `ELU` (Clevert et al., 2015, arXiv 1511.07289). Any shape.
    pub struct Elu("ELU"): Activation {
        /// The negated limit for large negative inputs; 1 by default.
        alpha: f64 = Choice::float(1.0).first() => 1.0,
    }
    has(infer)
    torch: &["alpha", "inplace: -"],
    example: "ELU",
}

impl Elu {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.alpha.is_finite() {
            return Ok((self, *input));
        }
        Err(Mistake::new(Part::Option("alpha"), site.start().str(" has an `alpha` of ").float(self.alpha).str(", which is not finite")))
    }
}
