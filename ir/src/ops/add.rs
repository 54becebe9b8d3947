//! Addition.

use super::prelude::*;

operation! {
    /// The elementwise sum of two or more values of the same shape.
    pub struct Add("Add"): Join {}
    has(infer_all)
    inputs: Inputs::Alike,
    sign: "+",
    example: "Add(skip)",
}

impl Add {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        match alike::check("adds", "", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
