//! Activations with options; those without are rows of the table alone.

use super::words::words;
use crate::{Mistake, Part, Shape, Site};

words! {
    /// How GELU is worked out.
    Approximation {
        /// By the error function.
        None = "none",
        /// By a hyperbolic tangent that is near it.
        Tanh = "tanh",
    }
}

/// `x Phi(x)` with the normal distribution's `Phi(x) = (1 + erf(x / sqrt(2))) / 2`, PyTorch's `GELU` (Hendrycks and Gimpel, 2016, arXiv
/// 1606.08415). Any shape. The approximation is `x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gelu {
    /// Exact, or approximated?
    pub approximate: Approximation,
}

impl Gelu {
    pub(super) const fn infer(self, input: &Shape, _site: &Site) -> Result<(Self, Shape), Mistake> {
        Ok((self, *input))
    }
}

/// `x` where positive, else `negative_slope * x`, PyTorch's `LeakyReLU`. Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
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
