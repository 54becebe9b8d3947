//! Making a map larger.

use super::prelude::*;

words! {
    /// What stands between the elements of a map that is made larger.
    Interpolation {
        /// The nearest element.
        Nearest = "nearest",
        /// A weighted mean of the four around.
        Bilinear = "bilinear",
        /// Zeros, the element itself being in the upper left corner: the bed of nails.
        BedOfNails = "bed_of_nails",
    }
}

operation! {
    /// Makes a map `scale` times as high and wide, PyTorch's `Upsample(scale_factor)`. Input `[channels, height, width]`, output
    /// `[channels, scale height, scale width]`; pairs are `[height, width]`.
    ///
    /// Bilinear: the output's element `i` stands at `(i + 1/2) / scale - 1/2` between the input's, and with `align_corners` at
    /// `i (size - 1) / (scale size - 1)`, so that the corners of both coincide.
    pub struct Upsample("Upsample"): Pooling {
        /// How many times as high and as wide.
        scale: [usize; 2] = Choice::required().first(),
        /// What stands in between.
        mode: Interpolation = Choice::word("nearest"),
        /// Do the corners coincide, or the edges?
        align_corners: bool = Choice::switch(false, "corners aligned") => false,
    }
    has(infer, magnify)
    torch: &["size: -", "scale_factor: scale", "mode", "align_corners", "recompute_scale_factor: -"],
    others: &["upsampling2d", "interpolate", "resize", "upsamplingnearest2d"],
    outline: Outline::Map(None),
    example: "Upsample(2, mode = bilinear)",
}

impl Upsample {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        if self.scale[0] == 0 || self.scale[1] == 0 {
            return Err(Mistake::new(Part::Option("scale"), site.start().str(" has a scale of 0; it must be at least 1")));
        }
        if self.align_corners && !matches!(self.mode, Interpolation::Bilinear) {
            let text = site.start().str(" aligns corners, which only the bilinear mode can");
            let help = Text::new().str("write `mode = bilinear`, or leave `align_corners` out");
            return Err(Mistake::new(Part::Option("align_corners"), text).help(help));
        }
        let (height, width) = (input.dim(1).saturating_mul(self.scale[0]), input.dim(2).saturating_mul(self.scale[1]));
        Ok((self, Shape::new(&[input.dim(0), height, width])))
    }

    pub(crate) const fn magnify(&self) -> [usize; 2] {
        self.scale
    }
}
