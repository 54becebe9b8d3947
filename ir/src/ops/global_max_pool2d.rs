//! Global max pooling.

use super::prelude::*;

operation! {
    /// The maximum of each channel over height and width: PyTorch's `AdaptiveMaxPool2d(1)` and `Flatten`. Input `[channels, height, width]`, output
    /// `[channels]`. The first of equal maxima, row by row, receives the gradient.
    pub struct GlobalMaxPool2d("GlobalMaxPool2d"): Pooling {}
    has(infer)
    others: &["globalmaxpooling2d", "globalmaxpool", "globalmaxpooling"],
    outline: Outline::First,
    example: "GlobalMaxPool2d",
}

impl GlobalMaxPool2d {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match window::image(input, site) {
            Some(mistake) => Err(mistake),
            None => Ok((self, Shape::new(&[input.dim(0)]))),
        }
    }
}
