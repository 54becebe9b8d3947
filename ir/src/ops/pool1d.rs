//! One-dimensional pooling.

use super::{AvgPool2d, MaxPool2d, Window, pool2d, window};
use crate::{Mistake, Shape, Site};

/// The largest element of each window, PyTorch's `MaxPool1d`. Input `[channels, length]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MaxPool1d {
    /// Size of the window.
    pub kernel: usize,
    /// Steps between windows.
    pub stride: usize,
    /// Elements of minus infinity added at each end; at most half the kernel.
    pub padding: usize,
    /// Distance between taps.
    pub dilation: usize,
    /// Keep a last window that reaches beyond the input.
    pub ceil_mode: bool,
}

/// The mean of each window, PyTorch's `AvgPool1d`. Input `[channels, length]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AvgPool1d {
    /// Size of the window.
    pub kernel: usize,
    /// Steps between windows.
    pub stride: usize,
    /// Zeros added at each end; at most half the kernel.
    pub padding: usize,
    /// Keep a last window that reaches beyond the input; what lies beyond the padding is not counted in its mean.
    pub ceil_mode: bool,
    /// Do the zeros of the padding count in the mean?
    pub count_include_pad: bool,
}

impl MaxPool1d {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::line(input, site) {
            return Err(mistake);
        }
        match self.as_pool2d().pool(input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }

    /// The same on images one row high.
    pub const fn as_pool2d(&self) -> MaxPool2d {
        MaxPool2d {
            kernel: [1, self.kernel],
            stride: [1, self.stride],
            padding: [0, self.padding],
            dilation: [1, self.dilation],
            ceil_mode: self.ceil_mode,
        }
    }

    /// The sliding window, one row high.
    pub const fn window(&self) -> Window {
        self.as_pool2d().window()
    }
}

impl AvgPool1d {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::line(input, site) {
            return Err(mistake);
        }
        match pool2d::pool(&self.window(), input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }

    /// The same on images one row high.
    pub const fn as_pool2d(&self) -> AvgPool2d {
        AvgPool2d {
            kernel: [1, self.kernel],
            stride: [1, self.stride],
            padding: [0, self.padding],
            ceil_mode: self.ceil_mode,
            count_include_pad: self.count_include_pad,
        }
    }

    /// The sliding window, one row high.
    pub const fn window(&self) -> Window {
        self.as_pool2d().window()
    }
}
