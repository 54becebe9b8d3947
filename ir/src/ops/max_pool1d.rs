//! One-dimensional max pooling.

use super::MaxPool2d;
use super::prelude::*;

operation! {
    /// The largest element of each window, PyTorch's `MaxPool1d`. Input `[channels, length]`.
    pub struct MaxPool1d("MaxPool1d"): Pooling {
        /// Size of the window.
        kernel: usize = Choice::required().first(),
        /// Steps between windows.
        stride: usize = Choice::same("kernel").label(Label::Named("stride")),
        /// Elements of minus infinity added at each end; at most half the kernel.
        padding: usize = Choice::size(0).label(Label::Named("pad")),
        /// Distance between taps.
        dilation: usize = Choice::size(1).label(Label::Named("dilation")),
        /// Keep a last window that reaches beyond the input.
        ceil_mode: bool = Choice::switch(false, "ceil"),
    }
    has(infer, window)
    torch: &["kernel_size: kernel", "stride", "padding", "dilation", "return_indices: -", "ceil_mode"],
    others: &["maxpooling1d"],
    outline: Outline::Line(None),
    example: "MaxPool1d(2)",
    sample: "[6, 9]",
}

impl MaxPool1d {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
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
