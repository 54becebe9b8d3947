//! The mean over axes.

use super::prelude::*;

operation! {
    /// The mean over the given axes, which are removed from the output: PyTorch's `mean(dim)`.
    pub struct Mean("Mean"): Shape {
        /// The axes to reduce, counted from 0 without the batch.
        axes: Sizes = Choice::required().first().label(Label::List("axes")),
    }
    has(infer)
    torch: &["dim: axes", "keepdim: -"],
    others: &["reducemean", "averageover"],
    outline: Outline::Fewer("axes"),
    example: "Mean(1, 2)",
}

impl Mean {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match reduction::without(&self.axes, input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }
}
