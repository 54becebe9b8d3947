//! The maximum.

use super::prelude::*;

operation! {
    /// The elementwise maximum of two or more values. Sizes of 1 are repeated: `[64, 1, 1]` and `[64, 8, 8]` give `[64, 8, 8]`.
    pub struct Maximum("Maximum"): Join {}
    has(infer_all)
    others: &["max"],
    inputs: Inputs::Alike,
    sign: "max",
    example: "Maximum(skip)",
}

impl Maximum {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        match alike::joined("takes the maximum of", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
