//! Softmax.

use super::prelude::*;

operation! {
    /// `exp(x) / sum(exp(x))` along an axis, PyTorch's `Softmax`. The axis may be omitted if the input has only one. Any shape.
    pub struct Softmax("Softmax"): Activation {
        /// The axis, counted from 0 without the batch: 0 is the channels of an image. [`INFER`] if the input has one axis.
        axis: usize = Choice::infer().label(Label::Axis),
    }
    has(infer)
    torch: &["dim: axis"],
    example: "Softmax(axis = 0)",
    sample: "[7]",
}

impl Softmax {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match axis::of(self.axis, input, site) {
            Ok(axis) => Ok((Self { axis }, *input)),
            Err(mistake) => Err(mistake),
        }
    }
}
