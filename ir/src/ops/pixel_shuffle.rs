//! Channels into pixels.

use super::prelude::*;

operation! {
    /// Makes a map `factor` times as high and wide out of channels, PyTorch's `PixelShuffle(upscale_factor)` (Shi et al., 2016, arXiv
    /// 1609.05158). Input `[channels factor^2, height, width]`, output `[channels, factor height, factor width]`: row `factor y + i` and column
    /// `factor x + j` of channel `c` are row `y` and column `x` of channel `c factor^2 + i factor + j`.
    pub struct PixelShuffle("PixelShuffle"): Shape {
        /// How many times as high and as wide.
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
            let text = site.start().str(" makes each channel of ").num(square).str(", but receives ").count(channels, "channel");
            let help = Text::new().str("the channels must be a multiple of ").num(square).str(", the square of the factor");
            return Err(Mistake::new(Part::Option("factor"), site.received(text.str(": "), input)).help(help));
        }
        let (height, width) = (input.dim(1).saturating_mul(self.factor), input.dim(2).saturating_mul(self.factor));
        Ok((self, Shape::new(&[channels / square, height, width])))
    }

    pub(crate) const fn magnify(&self) -> [usize; 2] {
        [self.factor; 2]
    }
}
