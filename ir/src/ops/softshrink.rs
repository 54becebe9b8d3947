//! Softshrink.

use super::prelude::*;

operation! {
    /// `x - lambd` if `x > lambd`, `x + lambd` if `x < -lambd`, else 0: PyTorch's `Softshrink`. Any shape.
    pub struct Softshrink("Softshrink"): Activation {
        /// The width of the zero region on each side; 0.5 by default.
        lambd: f64 = Choice::float(0.5).first() => 0.5,
    }
    has(infer)
    torch: &["lambd"],
    example: "Softshrink(0.3)",
}

impl Softshrink {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if !(self.lambd >= 0.0 && self.lambd.is_finite()) {
            let text = site.start().str(" has a `lambd` of ").float(self.lambd).str(", which is negative or not finite");
            return Err(Mistake::new(Part::Option("lambd"), text));
        }
        Ok((self, *input))
    }
}
