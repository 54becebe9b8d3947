//! The product.

use super::prelude::*;

operation! {
    /// The elementwise product of two or more values of the same shape.
    pub struct Mul("Mul"): Join {}
    has(infer_all)
    inputs: Inputs::Alike,
    sign: "×",
    example: "Mul(gate)",
}

impl Mul {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        match alike::check("multiplies", "", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
