//! The product.

use super::prelude::*;

operation! {
    /// The elementwise product of two or more values. Sizes of 1 are repeated: `[64, 1, 1]` and `[64, 8, 8]` give `[64, 8, 8]`.
    pub struct Mul("Mul"): Join {}
    has(infer_all)
    inputs: Inputs::Alike,
    sign: "×",
    example: "Mul(gate)",
}

impl Mul {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        match alike::joined("multiplies", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
