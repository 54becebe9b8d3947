//! Softplus.

use super::prelude::*;

operation! {
    /// `ln(1 + exp(beta x)) / beta`, and `x` if `beta x > threshold`: PyTorch's `Softplus`. Any shape.
    pub struct Softplus("Softplus"): Activation {
        /// The sharpness of the bend; 1 by default.
        beta: f64 = Choice::float(1.0).label(Label::Named("beta")) => 1.0,
        /// The value of `beta x` above which the function is linear; 20 by default.
        threshold: f64 = Choice::float(20.0).label(Label::Named("threshold")) => 20.0,
    }
    has(infer)
    torch: &["beta", "threshold"],
    example: "Softplus",
}

impl Softplus {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if !(self.beta > 0.0 && self.beta.is_finite()) {
            return Err(Mistake::new(
                Part::Option("beta"),
                site.start().str(" has a `beta` of ").float(self.beta).str(", which is not positive; it is the sharpness of the bend"),
            ));
        }
        if !self.threshold.is_finite() {
            return Err(Mistake::new(
                Part::Option("threshold"),
                site.start().str(" has a `threshold` of ").float(self.threshold).str(", which is not finite"),
            ));
        }
        Ok((self, *input))
    }
}
