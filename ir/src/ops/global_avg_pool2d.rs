//! Global average pooling.

use super::prelude::*;

operation! {
    /// The mean of each channel over height and width (Lin et al., 2013, arXiv 1312.4400): PyTorch's `AdaptiveAvgPool2d(1)` and `Flatten`. Input
    /// `[channels, height, width]`, output `[channels]`.
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
