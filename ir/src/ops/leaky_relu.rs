//! Leaky ReLU.

use super::prelude::*;

operation! {
    /// `x` if `x > 0`, else `negative_slope * x`: PyTorch's `LeakyReLU`. Any shape.
    pub struct LeakyRelu("LeakyReLU"): Activation {
        /// The slope below zero; 0.01 by default.
        negative_slope: f64 = Choice::float(0.01).first().always() => 0.0,
    }
    has(infer)
    torch: &["negative_slope", "inplace: -"],
    others: &["leaky", "lrelu"],
    example: "LeakyReLU(negative_slope = 0.2)",
}

impl LeakyRelu {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.negative_slope.is_finite() {
            return Ok((self, *input));
        }
        Err(Mistake::new(
            Part::Option("negative_slope"),
            site.start().str(" has a `negative_slope` of ").float(self.negative_slope).str(", which is not finite"),
        ))
    }
}
