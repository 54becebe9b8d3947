//! The maximum.

use super::prelude::*;

operation! {
    /// The elementwise maximum of two or more values of the same shape.
    pub struct Maximum("Maximum"): Join {}
    has(infer_all)
    others: &["max"],
    inputs: Inputs::Alike,
    sign: "max",
    example: "Maximum(skip)",
}

impl Maximum {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        match alike::check("takes the maximum of", "", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
