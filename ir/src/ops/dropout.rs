//! Dropout.

use crate::{Mistake, Part, Shape, Site};

/// While training, zeroes each element with probability `p` and scales the others by `1 / (1 - p)`; at inference it does nothing
/// (Srivastava et al., 2014, in the inverted form). Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dropout {
    /// The probability of dropping an element: at least 0, less than 1.
    pub p: f64,
}

impl Dropout {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.p >= 0.0 && self.p < 1.0 {
            return Ok((self, *input));
        }
        let text = site.start();
        let text = if self.p == 1.0 {
            text.str(" would drop everything: `p` is the probability of dropping an element and must be less than 1")
        } else {
            text.str(" has a `p` outside 0..1; it is the probability of dropping an element")
        };
        Err(Mistake::new(Part::Probability, text))
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Probability => self.p = 0.0,
            _ => return None,
        }
        Some(self)
    }
}
