//! Dropout.

use super::window;
use crate::{Mistake, Part, Shape, Site};

/// While training, zeroes each element with probability `p` and scales the others by `1 / (1 - p)`; at inference it does nothing
/// (Srivastava et al., 2014, in the inverted form). Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dropout {
    /// The probability of dropping an element: at least 0, less than 1.
    pub p: f64,
}

/// Dropout of whole channels: while training, zeroes each channel of a sample with probability `p` and scales the others by `1 / (1 - p)`,
/// PyTorch's `Dropout2d` (Tompson et al., 2014, arXiv 1411.4280). Input `[channels, height, width]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dropout2d {
    /// The probability of dropping a channel: at least 0, less than 1.
    pub p: f64,
}

/// Stochastic depth: while training, zeroes all of a sample with probability `p` and scales the other samples by `1 / (1 - p)`, torchvision's
/// `StochasticDepth(p, mode="row")` (Huang et al., 2016, arXiv 1603.09382, section 3). At the end of a residual branch it leaves the sample
/// with the shortcut alone: `Residual(drop = p) { .. }`. Any shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StochasticDepth {
    /// The probability of dropping a sample: at least 0, less than 1.
    pub p: f64,
}

impl StochasticDepth {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match check(self.p, "a sample", site) {
            Some(mistake) => Err(mistake),
            None => Ok((self, *input)),
        }
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Probability => self.p = 0.0,
            _ => return None,
        }
        Some(self)
    }
}

impl Dropout2d {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        match check(self.p, "a channel", site) {
            Some(mistake) => Err(mistake),
            None => Ok((self, *input)),
        }
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Probability => self.p = 0.0,
            _ => return None,
        }
        Some(self)
    }
}

/// Refuses what is no probability, and certainty. `what` is dropped: "an element".
pub(super) const fn check(p: f64, what: &str, site: &Site) -> Option<Mistake> {
    if p >= 0.0 && p < 1.0 {
        return None;
    }
    let text = site.start();
    let text = if p == 1.0 {
        text.str(" would drop everything: `p` is the probability of dropping ").str(what).str(" and must be less than 1")
    } else {
        text.str(" has a `p` of ").float(p).str(", outside 0..1; it is the probability of dropping ").str(what)
    };
    Some(Mistake::new(Part::Probability, text))
}

impl Dropout {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match check(self.p, "an element", site) {
            Some(mistake) => Err(mistake),
            None => Ok((self, *input)),
        }
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Probability => self.p = 0.0,
            _ => return None,
        }
        Some(self)
    }
}
