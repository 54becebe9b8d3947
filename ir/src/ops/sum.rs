//! The sum over axes.

use super::prelude::*;

operation! {
    /// The sum over the given axes, which are removed from the output: PyTorch's `sum(dim)`.
    pub struct Sum("Sum"): Shape {
        /// The axes to reduce, counted from 0 without the batch.
        axes: Sizes = Choice::required().first().label(Label::List("axes")),
    }
    has(infer)
    torch: &["dim: axes", "keepdim: -"],
    others: &["reducesum"],
    outline: Outline::Fewer("axes"),
    example: "Sum(1, 2)",
}

impl Sum {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match reduction::without(&self.axes, input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
