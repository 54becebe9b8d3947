//! Normalisation of each sample by groups of channels.

use super::batch_norm::check_eps;
use super::{Params, window};
use crate::{INFER, Mistake, Part, Shape, Site, Text};

/// Normalises each group of channels of each sample, PyTorch's `GroupNorm` (Wu and He, 2018, arXiv 1803.08494). Input `[channels, ..]`; a
/// weight and a bias for each channel.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GroupNorm {
    /// Into how many groups the channels are split.
    pub groups: usize,
    /// Channels; [`INFER`] takes the input's.
    pub channels: usize,
    /// Added to the variance.
    pub eps: f64,
    /// Learn a scale and a shift?
    pub affine: bool,
}

/// Normalises each channel of each sample, PyTorch's `InstanceNorm2d` (Ulyanov et al., 2016, arXiv 1607.08022). Input
/// `[channels, height, width]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InstanceNorm2d {
    /// Channels; [`INFER`] takes the input's.
    pub features: usize,
    /// Added to the variance.
    pub eps: f64,
    /// Learn a scale and a shift?
    pub affine: bool,
}

impl GroupNorm {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let found = input.dim(0);
        if found == 0 {
            return Err(Mistake::new(Part::Layer, site.received(site.start().str(" works on [channels, ..], but receives "), input)));
        }
        if self.channels != INFER && self.channels != found {
            return Err(Mistake::new(Part::Channels, stated(self.channels, input, site)).help(take_what_comes(found)));
        }
        self.channels = found;
        if self.groups == 0 {
            return Err(Mistake::new(Part::Groups, site.start().str(" has 0 groups; it must have at least 1")));
        }
        if !found.is_multiple_of(self.groups) {
            let text = site.start().str(" cannot split its ").count(found, "channel").str(" into ").num(self.groups).str(" equal groups");
            return Err(Mistake::new(Part::Groups, text));
        }
        if let Some(mistake) = check_eps(self.eps, site) {
            return Err(mistake);
        }
        Ok((self, *input))
    }

    pub(super) const fn params(&self) -> Params {
        params(self.channels, self.affine)
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Channels => self.channels = INFER,
            Part::Groups => self.groups = 1,
            Part::Eps => self.eps = 0.0,
            _ => return None,
        }
        Some(self)
    }
}

impl InstanceNorm2d {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        let found = input.dim(0);
        if self.features != INFER && self.features != found {
            return Err(Mistake::new(Part::In, stated(self.features, input, site)).help(take_what_comes(found)));
        }
        self.features = found;
        if input.dim(1) * input.dim(2) == 1 {
            let text = site.start().str(" would leave nothing of channels of one pixel each: it receives ");
            return Err(Mistake::new(Part::Layer, site.received(text, input)));
        }
        if let Some(mistake) = check_eps(self.eps, site) {
            return Err(mistake);
        }
        Ok((self, *input))
    }

    pub(super) const fn params(&self) -> Params {
        params(self.features, self.affine)
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::In => self.features = INFER,
            Part::Eps => self.eps = 0.0,
            _ => return None,
        }
        Some(self)
    }
}

const fn stated(channels: usize, input: &Shape, site: &Site) -> Text {
    let text = site.start().str(" is told to normalise ").count(channels, "channel").str(", but receives ").num(input.dim(0));
    site.received(text.str(": "), input)
}

const fn take_what_comes(found: usize) -> Text {
    Text::new().str("write `").num(found).str("`, or leave the number out to take what comes")
}

const fn params(channels: usize, affine: bool) -> Params {
    if affine { Params::NONE.trained("weight", &[channels]).trained("bias", &[channels]) } else { Params::NONE }
}
