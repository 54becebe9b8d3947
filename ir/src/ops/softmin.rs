//! Softmax of the negated input.

use super::prelude::*;

operation! {
    /// `exp(-x) / sum(exp(-x))` along an axis, PyTorch's `Softmin`. Any shape.
    pub struct Softmin("Softmin"): Activation {
        /// The axis, the batch not counted: 0 is the channels of an image. [`INFER`] takes the only one there is.
        axis: usize = Choice::infer().label(Label::Axis),
    }
    has(infer)
    torch: &["dim: axis"],
    example: "Softmin(axis = 0)",
    sample: "[7]",
}

impl Softmin {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match axis::of(self.axis, input, site) {
            Ok(axis) => Ok((Self { axis }, *input)),
            Err(mistake) => Err(mistake),
        }
    }
}
