//! Two-dimensional max pooling.

use super::prelude::*;

operation! {
    /// The maximum of each window, PyTorch's `MaxPool2d`. Input `[channels, height, width]`, output `[channels, height', width']` with
    /// `height' = floor((height + 2 padding - dilation (kernel - 1) - 1) / stride) + 1`. Pairs are `[height, width]`. The first of equal maxima, row
    /// by row, receives the gradient.
    pub struct MaxPool2d("MaxPool2d"): Pooling {
        /// Size of the window.
        kernel: [usize; 2] = Choice::required().first(),
        /// Distance between windows; the kernel's size by default.
        stride: [usize; 2] = Choice::same("kernel").label(Label::Named("stride")),
        /// Rows and columns of negative infinity added at each side; at most half the kernel.
        padding: [usize; 2] = Choice::size(0).label(Label::Named("pad")),
        /// Distance between elements of the window.
        dilation: [usize; 2] = Choice::size(1).label(Label::Named("dilation")),
        /// Whether to round the output size up, keeping a last window that extends beyond the padded input.
        ceil_mode: bool = Choice::switch(false, "ceil"),
    }
    has(infer, window)
    torch: &["kernel_size: kernel", "stride", "padding", "dilation", "return_indices: -", "ceil_mode"],
    others: &["maxpool", "maxpooling", "maxpooling2d", "maxpool2"],
    outline: Outline::Map(None),
    example: "MaxPool2d(2)",
}

impl MaxPool2d {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        match self.pool(input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }

    /// The output's shape, for an image or a sequence.
    pub(crate) const fn pool(&self, input: &Shape, site: &Site) -> Result<Shape, Mistake> {
        match pool::pool(&self.window(), input, site) {
            Ok(output) => match self.empty_window(input, &output, site) {
                Some(mistake) => Err(mistake),
                None => Ok(output),
            },
            Err(mistake) => Err(mistake),
        }
    }

    /// Refuses windows that contain padding alone: with a dilation larger than the input, a window can step over it. The maximum of such a window
    /// would be negative infinity without an element to receive the gradient (PyTorch 2.15 writes it to an arbitrary position).
    const fn empty_window(&self, input: &Shape, output: &Shape, site: &Site) -> Option<Mistake> {
        let mut axis = 0;
        while axis < 2 {
            let (size, padding, dilation) = (window::size(axis, input), self.padding[axis], self.dilation[axis]);
            let mut step = 0;
            // A kernel of 1 has no padding, since padding is at most half the kernel.
            while dilation > size && self.kernel[axis] > 1 && step < window::size(axis, output) {
                let start = step * self.stride[axis];
                // The first element of the window after the leading padding, counted from the start of the padding.
                let tap = start + padding.saturating_sub(start).div_ceil(dilation) * dilation;
                if tap >= padding + size {
                    let text = site.start().str(" has a window of padding alone: its dilation is ").num(dilation);
                    let text = site.received(text.str(", but it receives "), input);
                    let help = Text::new().str("use a dilation of at most ").num(size);
                    return Some(Mistake::new(Part::Option("dilation"), text).help(help));
                }
                step += 1;
            }
            axis += 1;
        }
        None
    }

    /// The sliding window.
    pub const fn window(&self) -> Window {
        Window { kernel: self.kernel, stride: self.stride, padding: self.padding, dilation: self.dilation, ceil: self.ceil_mode }
    }
}
