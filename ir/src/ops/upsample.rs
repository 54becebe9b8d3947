//! Making a map larger.

use super::window;
use super::words::words;
use crate::{Mistake, Part, Shape, Site, Text};

words! {
    /// What stands between the elements of a map that is made larger.
    Interpolation {
        /// The nearest element.
        Nearest = "nearest",
        /// A weighted mean of the four around.
        Bilinear = "bilinear",
        /// Zeros, the element itself being in the upper left corner: the bed of nails.
        Nails = "nails",
    }
}

/// Makes a map `scale` times as high and wide, PyTorch's `Upsample(scale_factor)`. Input `[channels, height, width]`, output
/// `[channels, scale height, scale width]`; pairs are `[height, width]`.
///
/// Bilinear: the output's element `i` stands at `(i + 1/2) / scale - 1/2` between the input's, and with `align_corners` at
/// `i (size - 1) / (scale size - 1)`, so that the corners of both coincide.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Upsample {
    /// How many times as high and as wide.
    pub scale: [usize; 2],
    /// What stands in between.
    pub mode: Interpolation,
    /// Do the corners coincide, or the edges?
    pub align_corners: bool,
}

impl Upsample {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        if self.scale[0] == 0 || self.scale[1] == 0 {
            return Err(Mistake::new(Part::Scale, site.start().str(" has a scale of 0; it must be at least 1")));
        }
        if self.align_corners && !matches!(self.mode, Interpolation::Bilinear) {
            let text = site.start().str(" aligns corners, which only the bilinear mode can");
            let help = Text::new().str("write `mode = bilinear`, or leave `align_corners` out");
            return Err(Mistake::new(Part::AlignCorners, text).help(help));
        }
        let (height, width) = (input.dim(1).saturating_mul(self.scale[0]), input.dim(2).saturating_mul(self.scale[1]));
        Ok((self, Shape::new(&[input.dim(0), height, width])))
    }

    pub(super) const fn magnify(&self) -> [usize; 2] {
        self.scale
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::AlignCorners => self.align_corners = false,
            _ => return None,
        }
        Some(self)
    }
}
