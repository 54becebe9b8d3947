//! One-dimensional average pooling.

use super::AvgPool2d;
use super::prelude::*;

operation! {
    /// The mean of each window, PyTorch's `AvgPool1d`. Input `[channels, length]`, output `[channels, length']` with
    /// `length' = floor((length + 2 padding - kernel) / stride) + 1`.
    pub struct AvgPool1d("AvgPool1d"): Pooling {
        /// Size of the window.
        kernel: usize = Choice::required().first(),
        /// Distance between windows; the kernel's size by default.
        stride: usize = Choice::same("kernel").label(Label::Named("stride")),
        /// Zeros added at each end; at most half the kernel.
        padding: usize = Choice::size(0).label(Label::Named("pad")),
        /// Whether to round the output size up, keeping a last window that extends beyond the padded input. Positions beyond the padding are not
        /// counted in its mean.
        ceil_mode: bool = Choice::switch(false, "ceil"),
        /// Whether the zeros of the padding are counted in the mean.
        count_include_pad: bool = Choice::switch(true, "pad not counted"),
    }
    has(infer, window)
    torch: &["kernel_size: kernel", "stride", "padding", "ceil_mode", "count_include_pad"],
    others: &["averagepooling1d"],
    outline: Outline::Line(None),
    example: "AvgPool1d(2)",
    sample: "[6, 9]",
}

impl AvgPool1d {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::line(input, site) {
            return Err(mistake);
        }
        match pool::pool(&self.window(), input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }

    /// The same operation on images of height 1.
    pub const fn as_pool2d(&self) -> AvgPool2d {
        AvgPool2d {
            kernel: [1, self.kernel],
            stride: [1, self.stride],
            padding: [0, self.padding],
            ceil_mode: self.ceil_mode,
            count_include_pad: self.count_include_pad,
        }
    }

    /// The sliding window, of height 1.
    pub const fn window(&self) -> Window {
        self.as_pool2d().window()
    }
}
