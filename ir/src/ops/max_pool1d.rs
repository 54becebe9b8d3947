//! One-dimensional max pooling.

use super::MaxPool2d;
use super::prelude::*;

operation! {
    /// The maximum of each window, PyTorch's `MaxPool1d`. Input `[channels, length]`, output `[channels, length']` with
    /// `length' = floor((length + 2 padding - dilation (kernel - 1) - 1) / stride) + 1`.
    pub struct MaxPool1d("MaxPool1d"): Pooling {
        /// Size of the window.
        kernel: usize = Choice::required().first(),
        /// Distance between windows; the kernel's size by default.
        stride: usize = Choice::same("kernel").label(Label::Named("stride")),
        /// Elements of negative infinity added at each end; at most half the kernel.
        padding: usize = Choice::size(0).label(Label::Named("pad")),
        /// Distance between elements of the window.
        dilation: usize = Choice::size(1).label(Label::Named("dilation")),
        /// Whether to round the output size up, keeping a last window that extends beyond the padded input.
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

    /// The same operation on images of height 1.
    pub const fn as_pool2d(&self) -> MaxPool2d {
        MaxPool2d {
            kernel: [1, self.kernel],
            stride: [1, self.stride],
            padding: [0, self.padding],
            dilation: [1, self.dilation],
            ceil_mode: self.ceil_mode,
        }
    }

    /// The sliding window, of height 1.
    pub const fn window(&self) -> Window {
        self.as_pool2d().window()
    }
}
