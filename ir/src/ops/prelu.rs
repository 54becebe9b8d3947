//! A rectifier with a learned slope.

use super::Params;
use crate::{Mistake, Part, Shape, Site, Text};

/// `x` where positive, else `weight x`, PyTorch's `PReLU` (He et al., 2015, arXiv 1502.01852): one weight for all, or one for each channel
/// (the first axis). Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PRelu {
    /// The number of weights: 1, or that of the channels.
    pub parameters: usize,
}

impl PRelu {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.parameters == 1 || (self.parameters == input.dim(0) && self.parameters > 0) {
            return Ok((self, *input));
        }
        let text = site.start().str(" has ").count(self.parameters, "slope").str(", but receives ");
        let help = Text::new().str("write `").num(input.dim(0)).str("` for one a channel, or `1` for one in all");
        Err(Mistake::new(Part::Parameters, site.received(text, input)).help(help))
    }

    pub(super) const fn params(&self) -> Params {
        Params::NONE.trained("weight", &[self.parameters])
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Parameters => self.parameters = 1,
            _ => return None,
        }
        Some(self)
    }
}
