//! Clamping.

use super::prelude::*;

operation! {
    /// `min(max(x, min), max)`, PyTorch's `clamp(min, max)`; either bound may be omitted. The gradient at a bound is 0. Any shape.
    pub struct Clamp("Clamp"): Activation {
        /// The lower bound; none by default.
        min: f64 = Choice::float(f64::NEG_INFINITY).label(Label::Named("min")) => f64::NEG_INFINITY,
        /// The upper bound; none by default.
        max: f64 = Choice::float(f64::INFINITY).label(Label::Named("max")) => f64::INFINITY,
    }
    has(infer)
    torch: &["min", "max"],
    by_place: 2,
    others: &["clip"],
    example: "Clamp(min = 0.0)",
}

impl Clamp {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.min == f64::NEG_INFINITY && self.max == f64::INFINITY {
            let help = Text::new().str("for example `Clamp(min = 0.0)` or `Clamp(min = -1.0, max = 1.0)`");
            return Err(Mistake::new(Part::Layer, site.start().str(" has no bounds")).help(help));
        }
        if self.min.is_nan() || self.min == f64::INFINITY {
            let text = site.start().str(" has a `min` of ").float(self.min).str(", which is not finite");
            return Err(Mistake::new(Part::Option("min"), text));
        }
        if self.max.is_nan() || self.max < self.min {
            let text = site.start().str(" has a `max` of ").float(self.max).str(", less than its `min` of ").float(self.min);
            return Err(Mistake::new(Part::Option("max"), text));
        }
        Ok((self, *input))
    }
}
