//! Hard tanh.

use super::prelude::*;

operation! {
    /// `min(max(x, min_val), max_val)`, PyTorch's `Hardtanh`. Any shape.
    pub struct Hardtanh("Hardtanh"): Activation {
        /// The lower bound; -1 by default.
        min_val: f64 = Choice::float(-1.0) => -f64::MAX,
        /// The upper bound; 1 by default.
        max_val: f64 = Choice::float(1.0) => f64::MAX,
    }
    has(infer, label)
    torch: &["min_val", "max_val", "inplace: -"],
    by_place: 2,
    example: "Hardtanh",
}

impl Hardtanh {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if !self.min_val.is_finite() {
            return Err(Mistake::new(
                Part::Option("min_val"),
                site.start().str(" has a `min_val` of ").float(self.min_val).str(", which is not finite"),
            ));
        }
        if !(self.max_val > self.min_val && self.max_val.is_finite()) {
            return Err(Mistake::new(
                Part::Option("max_val"),
                site.start()
                    .str(" has a `max_val` of ")
                    .float(self.max_val)
                    .str(", which is not greater than its `min_val` of ")
                    .float(self.min_val),
            ));
        }
        Ok((self, *input))
    }

    pub(crate) fn label(&self, _: &Shape) -> String {
        if (self.min_val, self.max_val) == (-1.0, 1.0) { String::new() } else { format!("{} to {}", self.min_val, self.max_val) }
    }
}
