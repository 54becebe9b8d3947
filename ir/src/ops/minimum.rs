//! The minimum.

use super::prelude::*;

operation! {
    /// The elementwise minimum of two or more values. Sizes of 1 are repeated: `[64, 1, 1]` and `[64, 8, 8]` give `[64, 8, 8]`.
    pub struct Minimum("Minimum"): Join {}
    has(infer_all)
    others: &["min"],
    inputs: Inputs::Alike,
    sign: "min",
    example: "Minimum(skip)",
}

impl Minimum {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        match alike::joined("takes the minimum of", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
