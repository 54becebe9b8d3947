//! Two-dimensional convolution.

use super::{Params, Window, channels, window};
use crate::{INFER, Mistake, Part, Shape, Site};

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
        match channels::check([self.in_channels, self.out_channels, self.groups], input, site) {
            Ok(channels) => self.in_channels = channels,
            Err(mistake) => return Err(mistake),
        }
        match self.window().slide(input, site) {
            Ok([height, width]) => Ok((self, Shape::new(&[self.out_channels, height, width]))),
            Err(mistake) => Err(mistake),
        }
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
