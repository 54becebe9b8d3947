//! Two-dimensional convolution.

use super::{Params, Window, window};
use crate::{INFER, Mistake, Part, Shape, Site, Text};

/// Two-dimensional cross-correlation, PyTorch's `Conv2d`. Input `[in, height, width]`, output `[out, height', width']` with
/// `height' = floor((height + 2 padding - dilation (kernel - 1) - 1) / stride) + 1`. Pairs are `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Conv2d {
    /// Channels in; [`INFER`] takes the input's.
    pub in_channels: usize,
    /// Channels out.
    pub out_channels: usize,
    /// Size of the kernel.
    pub kernel: [usize; 2],
    /// Steps between windows.
    pub stride: [usize; 2],
    /// Zeros added at each side.
    pub padding: [usize; 2],
    /// Distance between taps.
    pub dilation: [usize; 2],
    /// Channels are split into so many groups that do not see each other.
    pub groups: usize,
    /// Add a bias a channel?
    pub bias: bool,
}

impl Conv2d {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        let channels = input.dim(0);
        if self.in_channels == INFER {
            self.in_channels = channels;
        } else if self.in_channels != channels {
            let text = site.start().str(" is told to take ").count(self.in_channels, "channel").str(", but receives ").num(channels);
            let text = site.received(text.str(": "), input);
            let help = Text::new().str("write `Conv2d(").num(channels).str(" -> ").num(self.out_channels);
            let help = help.str(", ..)`, or `Conv2d(").num(self.out_channels).str(", ..)` to take what comes");
            return Err(Mistake::new(Part::In, text).help(help));
        }
        if self.out_channels == 0 {
            return Err(Mistake::new(Part::Out, site.start().str(" has 0 output channels; it must have at least 1")));
        }
        if self.in_channels == 0 {
            return Err(Mistake::new(Part::In, site.start().str(" has 0 input channels; it must have at least 1")));
        }
        if let Some(mistake) = self.check_groups(site) {
            return Err(mistake);
        }
        match self.window().slide(input, site) {
            Ok([height, width]) => Ok((self, Shape::new(&[self.out_channels, height, width]))),
            Err(mistake) => Err(mistake),
        }
    }

    const fn check_groups(&self, site: &Site) -> Option<Mistake> {
        if self.groups == 0 {
            return Some(Mistake::new(Part::Groups, site.start().str(" has 0 groups; it must have at least 1")));
        }
        let (count, which) = if !self.in_channels.is_multiple_of(self.groups) {
            (self.in_channels, "input channel")
        } else if !self.out_channels.is_multiple_of(self.groups) {
            (self.out_channels, "output channel")
        } else {
            return None;
        };
        let text = site.start().str(" cannot split its ").count(count, which).str(" into ").num(self.groups).str(" equal groups");
        let most = gcd(self.in_channels, self.out_channels);
        let help = Text::new().str("`groups` must divide both ").num(self.in_channels).str(" and ").num(self.out_channels);
        let help = if most == 1 { help.str("; only 1 does") } else { help.str("; the largest number that does is ").num(most) };
        Some(Mistake::new(Part::Groups, text).help(help))
    }

    pub(super) const fn params(&self) -> Params {
        let [height, width] = self.kernel;
        let params = Params::NONE.trained("weight", &[self.out_channels, self.in_channels / self.groups, height, width]);
        if self.bias { params.trained("bias", &[self.out_channels]) } else { params }
    }

    /// The sliding window.
    pub const fn window(&self) -> Window {
        Window { kernel: self.kernel, stride: self.stride, padding: self.padding, dilation: self.dilation, ceil: false }
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::In => self.in_channels = INFER,
            Part::Groups => self.groups = 1,
            _ => return None,
        }
        Some(self)
    }

    pub(super) const fn multiply_adds(&self, _input: &Shape, output: &Shape) -> u64 {
        let taps = (self.in_channels / self.groups).saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]);
        (output.len() as u64).saturating_mul(taps as u64)
    }
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
