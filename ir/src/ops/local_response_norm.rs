//! Local response normalization.

use super::prelude::*;

operation! {
    /// `x / (k + alpha / size * sum)^beta`, where `sum` is over the squares at the same pixel in `size` neighboring channels: PyTorch's
    /// `LocalResponseNorm` (Krizhevsky et al., 2012, section 3.3, where `alpha` is not divided by `size`). For an even `size` there is one channel
    /// more before than after the center. Input and output `[channels, height, width]`.
    pub struct LocalResponseNorm("LocalResponseNorm"): Normalization {
        /// Number of channels in the sum.
        size: usize = Choice::required().first() => 1,
        /// The weight of the sum.
        alpha: f64 = Choice::float(1e-4).label(Label::Hidden) => 0.0,
        /// The exponent.
        beta: f64 = Choice::float(0.75).label(Label::Hidden) => 1.0,
        /// Constant added to the sum.
        k: f64 = Choice::float(1.0).label(Label::Hidden) => 1.0,
    }
    has(infer)
    torch: &["size", "alpha", "beta", "k"],
    others: &["lrn"],
    example: "LocalResponseNorm(5)",
}

impl LocalResponseNorm {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        if self.size == 0 {
            return Err(Mistake::new(Part::Option("size"), site.start().str(" has a size of 0; it must be at least 1")));
        }
        if !(self.alpha >= 0.0 && self.alpha.is_finite()) {
            return Err(Mistake::new(
                Part::Option("alpha"),
                site.start().str(" has an `alpha` of ").float(self.alpha).str(", which is negative or not finite"),
            ));
        }
        if !self.beta.is_finite() {
            return Err(Mistake::new(
                Part::Option("beta"),
                site.start().str(" has a `beta` of ").float(self.beta).str(", which is not finite"),
            ));
        }
        if !(self.k > 0.0 && self.k.is_finite()) {
            return Err(Mistake::new(
                Part::Option("k"),
                site.start().str(" has a `k` of ").float(self.k).str(", which is not positive; it keeps the divisor above zero"),
            ));
        }
        Ok((self, *input))
    }
}
