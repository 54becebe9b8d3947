//! Powers.

use super::prelude::*;

operation! {
    /// `x` to the power of `exponent`, PyTorch's `pow(exponent)`: NaN for negative `x` if the exponent is not an integer. Any shape.
    pub struct Pow("Pow"): Activation {
        /// The exponent.
        exponent: f64 = Choice::required().first() => 1.0,
    }
    has(infer)
    torch: &["exponent"],
    others: &["power", "square"],
    example: "Pow(2.0)",
}

impl Pow {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.exponent.is_finite() {
            return Ok((self, *input));
        }
        let text = site.start().str(" has an `exponent` of ").float(self.exponent).str(", which is not finite");
        Err(Mistake::new(Part::Option("exponent"), text))
    }
}
