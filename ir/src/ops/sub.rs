//! Subtraction.

use super::prelude::*;

operation! {
    /// The first value minus the second. Sizes of 1 are repeated.
    pub struct Sub("Sub"): Join {}
    has(infer_all)
    inputs: Inputs::Alike,
    sign: "−",
    two: "`Sub` takes two tensors, the first minus the second",
    example: "Sub(skip)",
}

impl Sub {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        if inputs.len() > 2 {
            let text = site.start().str(" expects two values, but receives ").num(inputs.len());
            return Err(Mistake::new(Part::Layer, text));
        }
        match alike::joined("takes the difference of", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
