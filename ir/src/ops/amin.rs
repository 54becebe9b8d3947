//! The minimum over axes.

use super::prelude::*;

operation! {
    /// The minimum over the given axes, which are removed from the output: PyTorch's `amin(dim)`. The gradient is shared equally among equal
    /// minima.
    pub struct Amin("Amin"): Shape {
        /// The axes to reduce, counted from 0 without the batch.
        axes: Sizes = Choice::required().first().label(Label::List("axes")),
    }
    has(infer)
    torch: &["dim: axes", "keepdim: -"],
    others: &["reducemin"],
    outline: Outline::Fewer("axes"),
    example: "Amin(1, 2)",
}

impl Amin {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match reduction::without(&self.axes, input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
