//! Pooling over a whole map.

use super::window;
use crate::{Mistake, Shape, Site};

/// The mean of each channel's map (Lin et al., 2013, arXiv 1312.4400). Input `[channels, height, width]`, output `[channels]`: what
/// PyTorch's `AdaptiveAvgPool2d(1)` and `Flatten` give.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GlobalAvgPool2d {}

impl GlobalAvgPool2d {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match window::image(input, site) {
            Some(mistake) => Err(mistake),
            None => Ok((self, Shape::new(&[input.dim(0)]))),
        }
    }
}
