//! Pooling over a whole map.

use super::prelude::*;

operation! {
    /// The mean of each channel's map (Lin et al., 2013, arXiv 1312.4400). Input `[channels, height, width]`, output `[channels]`: what
    /// PyTorch's `AdaptiveAvgPool2d(1)` and `Flatten` give.
    pub struct GlobalAvgPool2d("GlobalAvgPool2d"): Pooling {
    }
    has(infer)
    others: &["globalaveragepooling2d", "globalavgpool", "globalaveragepool", "gap"],
    outline: Outline::First,
    example: "GlobalAvgPool2d",
}

impl GlobalAvgPool2d {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match window::image(input, site) {
            Some(mistake) => Err(mistake),
            None => Ok((self, Shape::new(&[input.dim(0)]))),
        }
    }
}
