//! Average pooling to a stated size.

use super::prelude::*;

operation! {
    /// Means of windows that are as equal as can be, so that the output has the stated size: PyTorch's `AdaptiveAvgPool2d`. Place `i` of
    /// `out` sees the elements from `floor(i size / out)` to before `ceil((i + 1) size / out)`. Input `[channels, height, width]`; pairs are
    /// `[height, width]`.
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
            return Err(Mistake::new(Part::Option("output_size"), site.start().str(" gives an output of size 0; it must be at least 1")));
        }
        Ok((self, Shape::new(&[input.dim(0), height, width])))
    }
}
