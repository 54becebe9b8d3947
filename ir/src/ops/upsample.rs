//! Upsampling.

use super::prelude::*;

words! {
    /// How upsampling fills the output.
    Interpolation {
        /// The nearest element of the input.
        Nearest = "nearest",
        /// Bilinear interpolation of the four nearest elements.
        Bilinear = "bilinear",
        /// The element in the upper left corner of its block, zeros in the rest.
        BedOfNails = "bed_of_nails",
    }
}

operation! {
    /// Upsamples height and width by `scale`, PyTorch's `Upsample(scale_factor)`. Input `[channels, height, width]`, output
    /// `[channels, scale height, scale width]`; pairs are `[height, width]`.
    ///
    /// With `mode = bilinear`, output element `i` is sampled at position `(i + 1/2) / scale - 1/2` of the input, or with `align_corners` at
    /// `i (size - 1) / (scale size - 1)`, so that the corners of input and output coincide. With `mode = bed_of_nails`, each element is followed by zeros.
    pub struct Upsample("Upsample"): Pooling {
        /// The scale factor of height and width.
        scale: [usize; 2] = Choice::required().first(),
        /// How the output is filled.
        mode: Interpolation = Choice::word("nearest"),
        /// Whether the corner elements of input and output coincide, instead of their edges.
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
            let text = site.start().str(" has `align_corners`, which only the bilinear mode supports");
            let help = Text::new().str("write `mode = bilinear`, or leave `align_corners` out");
            return Err(Mistake::new(Part::Option("align_corners"), text).help(help));
        }
        let (height, width) = (input.dim(1).saturating_mul(self.scale[0]), input.dim(2).saturating_mul(self.scale[1]));
        Ok((self, Shape::new(&[input.dim(0), height, width])))
    }

    /// In bilinear mode, the two elements of an axis of this size between which element `i` of the upsampled axis lies, with their weights. At an end both are the same
    /// element.
    pub fn between(&self, i: usize, size: usize, scale: usize) -> [(usize, f64); 2] {
        let at = match (self.align_corners, size * scale) {
            (true, 1) => 0.0,
            (true, out) => i as f64 * (size - 1) as f64 / (out - 1) as f64,
            // Positions before the first element take the first element.
            (false, _) => ((i as f64 + 0.5) / scale as f64 - 0.5).max(0.0),
        };
        let below = (at.floor() as usize).min(size - 1);
        let share = at - below as f64;
        // Positions after the last element take the last element.
        [(below, 1.0 - share), ((below + 1).min(size - 1), share)]
    }

    pub(crate) const fn magnify(&self) -> [usize; 2] {
        self.scale
    }
}
