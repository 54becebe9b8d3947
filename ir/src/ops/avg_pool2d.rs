//! Two-dimensional average pooling.

use super::prelude::*;

operation! {
    /// The mean of each window, PyTorch's `AvgPool2d`. Input `[channels, height, width]`, output `[channels, height', width']` with
    /// `height' = floor((height + 2 padding - kernel) / stride) + 1`. Pairs are `[height, width]`.
    pub struct AvgPool2d("AvgPool2d"): Pooling {
        /// Size of the window.
        kernel: [usize; 2] = Choice::required().first(),
        /// Distance between windows; the kernel's size by default.
        stride: [usize; 2] = Choice::same("kernel").label(Label::Named("stride")),
        /// Zeros added at each side; at most half the kernel.
        padding: [usize; 2] = Choice::size(0).label(Label::Named("pad")),
        /// Whether to round the output size up, keeping a last window that extends beyond the padded input. Positions beyond the padding are not
        /// counted in its mean.
        ceil_mode: bool = Choice::switch(false, "ceil"),
        /// Whether the zeros of the padding are counted in the mean.
        count_include_pad: bool = Choice::switch(true, "pad not counted"),
    }
    has(infer, window)
    torch: &["kernel_size: kernel", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override: -"],
    others: &["avgpool", "averagepool", "averagepooling", "averagepooling2d", "averagepool2d", "meanpool", "avgpooling2d"],
    outline: Outline::Map(None),
    example: "AvgPool2d(2)",
}

impl AvgPool2d {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        match pool::pool(&self.window(), input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }

    /// The sliding window.
    pub const fn window(&self) -> Window {
        Window { kernel: self.kernel, stride: self.stride, padding: self.padding, dilation: [1, 1], ceil: self.ceil_mode }
    }
}
