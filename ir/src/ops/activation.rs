//! Activations with options; those without need no file.

use crate::{Mistake, Part, Shape, Site};

/// `x` where positive, else `negative_slope * x`, PyTorch's `LeakyReLU`. Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LeakyRelu {
    /// The slope below zero, 0.01 if not stated.
    pub negative_slope: f64,
}

impl LeakyRelu {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.negative_slope.is_finite() {
            return Ok((self, *input));
        }
        Err(Mistake::new(Part::NegativeSlope, site.start().str(" has a negative slope that is no finite number")))
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::NegativeSlope => self.negative_slope = 0.0,
            _ => return None,
        }
        Some(self)
    }
}
