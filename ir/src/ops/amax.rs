//! The maximum over axes.

use super::prelude::*;

operation! {
    /// The maximum over the given axes, which are removed from the output: PyTorch's `amax(dim)`. The gradient is shared equally among equal
    /// maxima.
    pub struct Amax("Amax"): Shape {
        /// The axes to reduce, counted from 0 without the batch.
        axes: Sizes = Choice::required().first().label(Label::List("axes")),
    }
    has(infer)
    torch: &["dim: axes", "keepdim: -"],
    others: &["reducemax"],
    outline: Outline::Fewer("axes"),
    example: "Amax(1, 2)",
}

impl Amax {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match reduction::without(&self.axes, input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
