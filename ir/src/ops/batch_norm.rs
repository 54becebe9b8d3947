//! Batch normalisation (Ioffe and Szegedy, 2015).

use super::{Params, window};
use crate::{INFER, Mistake, Part, Shape, Site, Text};

/// Normalises each feature over the batch (and the length), PyTorch's `BatchNorm1d`. Input `[features]` or `[channels, length]`.
/// While training, statistics are the batch's, and running ones are kept: `running = (1 - momentum) running + momentum batch`, the
/// variance with `n - 1`; at inference the running ones are used.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BatchNorm1d {
    /// Features; [`INFER`] takes the input's.
    pub features: usize,
    /// Added to the variance.
    pub eps: f64,
    /// The weight of the new batch in the running statistics.
    pub momentum: f64,
    /// Learn a scale and a shift?
    pub affine: bool,
}

/// Normalises each channel over the batch, the height and the width, PyTorch's `BatchNorm2d`. Input `[channels, height, width]`.
/// Statistics as [`BatchNorm1d`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BatchNorm2d {
    /// Channels; [`INFER`] takes the input's.
    pub features: usize,
    /// Added to the variance.
    pub eps: f64,
    /// The weight of the new batch in the running statistics.
    pub momentum: f64,
    /// Learn a scale and a shift?
    pub affine: bool,
}

impl BatchNorm1d {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if input.rank() != 1 && input.rank() != 2 {
            let text = site.received(site.start().str(" works on [features] or [channels, length], but receives "), input);
            return Err(Mistake::new(Part::Layer, text).help(Text::new().str("use `BatchNorm2d` for images")));
        }
        match check(self.features, self.eps, self.momentum, input, site) {
            Ok(features) => {
                self.features = features;
                Ok((self, *input))
            }
            Err(mistake) => Err(mistake),
        }
    }

    pub(super) const fn params(&self) -> Params {
        params(self.features, self.affine)
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::In => self.features = INFER,
            Part::Eps => self.eps = 0.0,
            Part::Momentum => self.momentum = 0.0,
            _ => return None,
        }
        Some(self)
    }
}

impl BatchNorm2d {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            let other = input.rank() == 1 || input.rank() == 2;
            return Err(if other { mistake.help(Text::new().str("use `BatchNorm1d` for features")) } else { mistake });
        }
        match check(self.features, self.eps, self.momentum, input, site) {
            Ok(features) => {
                self.features = features;
                Ok((self, *input))
            }
            Err(mistake) => Err(mistake),
        }
    }

    pub(super) const fn params(&self) -> Params {
        params(self.features, self.affine)
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::In => self.features = INFER,
            Part::Eps => self.eps = 0.0,
            Part::Momentum => self.momentum = 0.0,
            _ => return None,
        }
        Some(self)
    }
}

const fn check(features: usize, eps: f64, momentum: f64, input: &Shape, site: &Site) -> Result<usize, Mistake> {
    let found = input.dim(0);
    let what = if input.rank() == 1 { "feature" } else { "channel" };
    if features != INFER && features != found {
        let text = site.start().str(" is told to normalise ").count(features, what).str(", but receives ").num(found);
        let text = if input.rank() == 1 { site.from(text.str(" ")) } else { site.received(text.str(": "), input) };
        let help = Text::new().str("write `").num(found).str("`, or leave the number out to take what comes");
        return Err(Mistake::new(Part::In, text).help(help));
    }
    if let Some(mistake) = check_eps(eps, site) {
        return Err(mistake);
    }
    if !(momentum >= 0.0 && momentum <= 1.0) {
        let text = site
            .start()
            .str(" has a `momentum` of ")
            .float(momentum)
            .str(", outside 0..=1; it is the weight of the new batch in the running statistics");
        return Err(Mistake::new(Part::Momentum, text));
    }
    Ok(found)
}

/// Refuses what cannot be added to a variance.
pub(super) const fn check_eps(eps: f64, site: &Site) -> Option<Mistake> {
    if eps >= 0.0 && eps.is_finite() {
        return None;
    }
    Some(Mistake::new(
        Part::Eps,
        site.start().str(" has an `eps` of ").float(eps).str(", which is negative or no number; it is added to the variance"),
    ))
}

const fn params(features: usize, affine: bool) -> Params {
    let params = Params::NONE;
    let params = if affine { params.trained("weight", &[features]).trained("bias", &[features]) } else { params };
    params.buffer("running_mean", &[features]).buffer("running_var", &[features])
}
