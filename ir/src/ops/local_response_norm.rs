//! Local response normalisation.

use super::window;
use crate::{Mistake, Part, Shape, Site};

/// Divides each element by `(k + alpha / size * sum)^beta`, the sum being that of the squares at the same pixel in the `size` channels
/// around, PyTorch's `LocalResponseNorm` (Krizhevsky et al., 2012, section 3.3, where `alpha` is not divided by `size`). Of an even `size`
/// one channel more lies before than behind. Input `[channels, height, width]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LocalResponseNorm {
    /// How many channels are summed over.
    pub size: usize,
    /// The weight of the sum.
    pub alpha: f64,
    /// The exponent.
    pub beta: f64,
    /// What is added to the sum.
    pub k: f64,
}

impl LocalResponseNorm {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        if self.size == 0 {
            return Err(Mistake::new(Part::Size, site.start().str(" has a size of 0; it must be at least 1")));
        }
        if !(self.alpha >= 0.0 && self.alpha.is_finite()) {
            return Err(Mistake::new(
                Part::Alpha,
                site.start().str(" has an `alpha` of ").float(self.alpha).str(", which is negative or no finite number"),
            ));
        }
        if !self.beta.is_finite() {
            return Err(Mistake::new(
                Part::Beta,
                site.start().str(" has a `beta` of ").float(self.beta).str(", which is no finite number"),
            ));
        }
        if !(self.k > 0.0 && self.k.is_finite()) {
            return Err(Mistake::new(
                Part::K,
                site.start().str(" has a `k` of ").float(self.k).str(", which is not positive; it keeps the divisor from zero"),
            ));
        }
        Ok((self, *input))
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Size => self.size = 1,
            Part::Alpha => self.alpha = 0.0,
            Part::Beta => self.beta = 1.0,
            Part::K => self.k = 1.0,
            _ => return None,
        }
        Some(self)
    }
}
