//! The minimum.

use super::prelude::*;

operation! {
    /// The elementwise minimum of two or more values of the same shape.
    pub struct Minimum("Minimum"): Join {}
    has(infer_all)
    others: &["min"],
    inputs: Inputs::Alike,
    sign: "min",
    example: "Minimum(skip)",
}

impl Minimum {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        match alike::check("takes the minimum of", "", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
