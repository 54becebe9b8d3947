//! Numbers for NaN and infinities.

use super::prelude::*;

operation! {
    /// A number for NaN, and the largest and the least finite number for the infinities: PyTorch's `nan_to_num`. Their gradients are 0. Any shape.
    ///
    /// After a `Softmax` over scores that are all minus infinity, as where a mask hides every key, it leaves zeros.
    pub struct NanToNum("NanToNum"): Activation {
        /// What NaN becomes; 0 by default.
        nan: f64 = Choice::float(0.0).first() => 0.0,
    }
    has(infer)
    torch: &["nan", "posinf: -", "neginf: -"],
    others: &["nan_to_num"],
    example: "NanToNum",
}

impl NanToNum {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if !self.nan.is_finite() {
            let text = site.start().str(" replaces NaN by ").float(self.nan).str(", which is not finite");
            return Err(Mistake::new(Part::Option("nan"), text));
        }
        Ok((self, *input))
    }
}
