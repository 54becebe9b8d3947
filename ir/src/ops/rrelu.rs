//! Randomized leaky ReLU.

use super::prelude::*;

operation! {
    /// `x` if `x > 0`, else `slope * x`: PyTorch's `RReLU` (Xu et al., 2015, arXiv 1505.00853). In training, the slope of each element is drawn uniformly
    /// between `lower` and `upper`; at inference it is their mean. Any shape.
    pub struct Rrelu("RReLU"): Activation {
        /// The smallest slope; 1/8 by default.
        lower: f64 = Choice::float(1.0 / 8.0) => 0.0,
        /// The largest slope; 1/3 by default.
        upper: f64 = Choice::float(1.0 / 3.0) => f64::MAX,
    }
    has(infer, draws, label)
    torch: &["lower", "upper", "inplace: -"],
    by_place: 2,
    example: "RReLU",
}

impl Rrelu {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if !self.lower.is_finite() {
            let text = site.start().str(" has a `lower` of ").float(self.lower).str(", which is not finite");
            return Err(Mistake::new(Part::Option("lower"), text));
        }
        if !(self.upper >= self.lower && self.upper.is_finite()) {
            let text = site.start().str(" has an `upper` of ").float(self.upper).str(", less than its `lower` of ").float(self.lower);
            return Err(Mistake::new(Part::Option("upper"), text));
        }
        Ok((self, *input))
    }

    /// The slope at inference.
    pub const fn mean(&self) -> f64 {
        self.lower / 2.0 + self.upper / 2.0
    }

    pub(crate) const fn draws(&self) -> bool {
        self.lower < self.upper
    }

    pub(crate) fn label(&self, _: &Shape) -> String {
        let usual = (self.lower, self.upper) == (1.0 / 8.0, 1.0 / 3.0);
        if usual { String::new() } else { format!("{} to {}", self.lower, self.upper) }
    }
}
