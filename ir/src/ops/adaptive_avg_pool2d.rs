//! Adaptive average pooling.

use super::prelude::*;

operation! {
    /// Average pooling to a given output size, PyTorch's `AdaptiveAvgPool2d`. Along an axis, window `i` of `out` covers the elements from
    /// `floor(i size / out)` up to, not including, `ceil((i + 1) size / out)`. Input `[channels, height, width]`, output
    /// `[channels, output_size[0], output_size[1]]`; pairs are `[height, width]`.
    pub struct AdaptiveAvgPool2d("AdaptiveAvgPool2d"): Pooling {
        /// The output's height and width.
        output_size: [usize; 2] = Choice::required().first().label(Label::Sized("to")),
    }
    has(infer)
    torch: &["output_size"],
    outline: Outline::Map(None),
    example: "AdaptiveAvgPool2d(1)",
}

impl AdaptiveAvgPool2d {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        let [height, width] = self.output_size;
        if height == 0 || width == 0 {
            return Err(Mistake::new(Part::Option("output_size"), site.start().str(" has an output size of 0; it must be at least 1")));
        }
        Ok((self, Shape::new(&[input.dim(0), height, width])))
    }
}
