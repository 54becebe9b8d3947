//! Threshold.

use super::prelude::*;

operation! {
    /// `x` if `x > threshold`, else `value`: PyTorch's `Threshold(threshold, value)`. Any shape.
    pub struct Threshold("Threshold"): Activation {
        /// The threshold.
        threshold: f64 = Choice::required().first() => 0.0,
        /// The replacement for elements that are not above the threshold.
        value: f64 = Choice::required().label(Label::Named("else")) => 0.0,
    }
    has(infer)
    torch: &["threshold", "value", "inplace: -"],
    by_place: 2,
    example: "Threshold(0.1, value = 0.0)",
}

impl Threshold {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if !self.threshold.is_finite() {
            let text = site.start().str(" has a `threshold` of ").float(self.threshold).str(", which is not finite");
            return Err(Mistake::new(Part::Option("threshold"), text));
        }
        if !self.value.is_finite() {
            let text = site.start().str(" has a `value` of ").float(self.value).str(", which is not finite");
            return Err(Mistake::new(Part::Option("value"), text));
        }
        Ok((self, *input))
    }
}
