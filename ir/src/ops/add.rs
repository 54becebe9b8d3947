//! Addition.

use super::prelude::*;

operation! {
    /// The elementwise sum of two or more values. Sizes of 1 are repeated: `[64, 1, 1]` and `[64, 8, 8]` give `[64, 8, 8]`.
    pub struct Add("Add"): Join {}
    has(infer_all)
    inputs: Inputs::Alike,
    sign: "+",
    example: "Add(skip)",
}

impl Add {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        match alike::joined("adds", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
