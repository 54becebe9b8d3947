//! One-dimensional convolution.

use super::{Conv2d, Params, Window, channels, window};
use crate::{INFER, Mistake, Part, Shape, Site};

/// One-dimensional cross-correlation, PyTorch's `Conv1d`. Input `[in, length]`, output `[out, length']` with
/// `length' = floor((length + 2 padding - dilation (kernel - 1) - 1) / stride) + 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Conv1d {
    /// Channels in; [`INFER`] takes the input's.
    pub in_channels: usize,
    /// Channels out.
    pub out_channels: usize,
    /// Size of the kernel.
    pub kernel: usize,
    /// Steps between windows.
    pub stride: usize,
    /// Zeros added at each end.
    pub padding: usize,
    /// Distance between taps.
    pub dilation: usize,
    /// Channels are split into so many groups that do not see each other.
    pub groups: usize,
    /// Add a bias a channel?
    pub bias: bool,
}

impl Conv1d {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::line(input, site) {
            return Err(mistake);
        }
        match channels::check([self.in_channels, self.out_channels, self.groups], input, site) {
            Ok(channels) => self.in_channels = channels,
            Err(mistake) => return Err(mistake),
        }
        match self.window().slide(input, site) {
            Ok([_, length]) => Ok((self, Shape::new(&[self.out_channels, length]))),
            Err(mistake) => Err(mistake),
        }
    }

    /// The same on images one row high.
    pub const fn as_conv2d(&self) -> Conv2d {
        Conv2d {
            in_channels: self.in_channels,
            out_channels: self.out_channels,
            kernel: [1, self.kernel],
            stride: [1, self.stride],
            padding: [0, self.padding],
            dilation: [1, self.dilation],
            groups: self.groups,
            bias: self.bias,
        }
    }

    pub(super) const fn params(&self) -> Params {
        let params = Params::NONE.trained("weight", &[self.out_channels, self.in_channels / self.groups, self.kernel]);
        if self.bias { params.trained("bias", &[self.out_channels]) } else { params }
    }

    /// The sliding window, one row high.
    pub const fn window(&self) -> Window {
        self.as_conv2d().window()
    }

    pub(super) const fn multiply_adds(&self, input: &Shape, output: &Shape) -> u64 {
        self.as_conv2d().multiply_adds(input, output)
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::In => self.in_channels = INFER,
            Part::Groups => self.groups = 1,
            _ => return None,
        }
        Some(self)
    }
}
