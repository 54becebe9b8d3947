//! Pixel shuffle.

use super::prelude::*;

operation! {
    /// Rearranges channels into height and width, PyTorch's `PixelShuffle` (Shi et al., 2016, arXiv 1609.05158). Input
    /// `[channels factor^2, height, width]`, output `[channels, factor height, factor width]`: row `factor y + i` and column `factor x + j` of output
    /// channel `c` are row `y` and column `x` of input channel `c factor^2 + i factor + j`.
    pub struct PixelShuffle("PixelShuffle"): Shape {
        /// The upscale factor of height and width.
        factor: usize = Choice::required().first(),
    }
    has(infer, magnify)
    torch: &["upscale_factor: factor"],
    others: &["depthtospace", "subpixelconv"],
    outline: Outline::Map(None),
    example: "PixelShuffle(2)",
    sample: "[8, 3, 5]",
}

impl PixelShuffle {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        if self.factor == 0 {
            return Err(Mistake::new(Part::Option("factor"), site.start().str(" has a factor of 0; it must be at least 1")));
        }
        let (channels, square) = (input.dim(0), self.factor.saturating_mul(self.factor));
        if !channels.is_multiple_of(square) {
            let text = site.start().str(" expects a multiple of ").count(square, "input channel").str(", but receives ").num(channels);
            let help = Text::new().str("the number of channels must be divisible by ").num(square).str(", the square of the factor");
            return Err(Mistake::new(Part::Option("factor"), site.received(text.str(": "), input)).help(help));
        }
        let (height, width) = (input.dim(1).saturating_mul(self.factor), input.dim(2).saturating_mul(self.factor));
        Ok((self, Shape::new(&[channels / square, height, width])))
    }

    pub(crate) const fn magnify(&self) -> [usize; 2] {
        [self.factor; 2]
    }
}
