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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
        Err(Mistake::new(
            Part::NegativeSlope,
            site.start().str(" has a negative slope of ").float(self.negative_slope).str(", which is no finite number"),
        ))
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::NegativeSlope => self.negative_slope = 0.0,
            _ => return None,
        }
        Some(self)
    }
}

/// `x` where positive, else `alpha (exp(x) - 1)`, PyTorch's `ELU` (Clevert et al., 2015, arXiv 1511.07289). Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Elu {
    /// What it goes to far below zero, negated; 1 if not stated.
    pub alpha: f64,
}

impl Elu {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.alpha.is_finite() {
            return Ok((self, *input));
        }
        Err(Mistake::new(Part::Alpha, site.start().str(" has an `alpha` of ").float(self.alpha).str(", which is no finite number")))
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Alpha => self.alpha = 1.0,
            _ => return None,
        }
        Some(self)
    }
}

/// `ln(1 + exp(beta x)) / beta`, and `x` where `beta x` is beyond the threshold, PyTorch's `Softplus`. Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Softplus {
    /// How sharp the bend is; 1 if not stated.
    pub beta: f64,
    /// Beyond it the function is taken for linear; 20 if not stated.
    pub threshold: f64,
}

impl Softplus {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if !(self.beta > 0.0 && self.beta.is_finite()) {
            return Err(Mistake::new(
                Part::Beta,
                site.start().str(" has a `beta` of ").float(self.beta).str(", which is not positive; it says how sharp the bend is"),
            ));
        }
        if !self.threshold.is_finite() {
            return Err(Mistake::new(
                Part::Threshold,
                site.start().str(" has a `threshold` of ").float(self.threshold).str(", which is no finite number"),
            ));
        }
        Ok((self, *input))
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Beta => self.beta = 1.0,
            Part::Threshold => self.threshold = 20.0,
            _ => return None,
        }
        Some(self)
    }
}

/// `x` between two bounds, and the bound beyond, PyTorch's `Hardtanh`. Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HardTanh {
    /// The lower bound, -1 if not stated.
    pub min_val: f64,
    /// The upper bound, 1 if not stated.
    pub max_val: f64,
}

impl HardTanh {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if !self.min_val.is_finite() {
            return Err(Mistake::new(
                Part::MinVal,
                site.start().str(" has a `min_val` of ").float(self.min_val).str(", which is no finite number"),
            ));
        }
        if !(self.max_val > self.min_val && self.max_val.is_finite()) {
            return Err(Mistake::new(
                Part::MaxVal,
                site.start().str(" has a `max_val` of ").float(self.max_val).str(", not larger than its `min_val` of ").float(self.min_val),
            ));
        }
        Ok((self, *input))
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::MinVal => self.min_val = -f64::MAX,
            Part::MaxVal => self.max_val = f64::MAX,
            _ => return None,
        }
        Some(self)
    }
}
