//! Two-dimensional max pooling.

use super::prelude::*;

operation! {
    /// The largest element of each window, PyTorch's `MaxPool2d`. Input `[channels, height, width]`; pairs are `[height, width]`. Of equal
    /// elements the first, row by row, receives the gradient.
    pub struct MaxPool2d("MaxPool2d"): Pooling {
        /// Size of the window.
        kernel: [usize; 2] = Choice::required().first(),
        /// Steps between windows.
        stride: [usize; 2] = Choice::same("kernel").label(Label::Named("stride")),
        /// Rows and columns of minus infinity added at each side; at most half the kernel.
        padding: [usize; 2] = Choice::size(0).label(Label::Named("pad")),
        /// Distance between taps.
        dilation: [usize; 2] = Choice::size(1).label(Label::Named("dilation")),
        /// Keep a last window that reaches beyond the input.
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

    /// The output for an image, or for a sequence.
    pub(crate) const fn pool(&self, input: &Shape, site: &Site) -> Result<Shape, Mistake> {
        match pool::pool(&self.window(), input, site) {
            Ok(output) => match self.empty_window(input, &output, site) {
                Some(mistake) => Err(mistake),
                None => Ok(output),
            },
            Err(mistake) => Err(mistake),
        }
    }

    /// Taps further apart than the input is large can step over it, from the padding before to the padding behind. The maximum of such
    /// a window would be minus infinity, and nobody's gradient: PyTorch 2.15 writes it to where it happens to point.
    const fn empty_window(&self, input: &Shape, output: &Shape, site: &Site) -> Option<Mistake> {
        let mut axis = 0;
        while axis < 2 {
            let (size, padding, dilation) = (window::size(axis, input), self.padding[axis], self.dilation[axis]);
            let mut step = 0;
            // A single tap is never in the padding: there is none.
            while dilation > size && self.kernel[axis] > 1 && step < window::size(axis, output) {
                let start = step * self.stride[axis];
                // The first tap behind the padding before the input, counted from where that begins.
                let tap = start + padding.saturating_sub(start).div_ceil(dilation) * dilation;
                if tap >= padding + size {
                    let text = site.start().str(" has a window that holds nothing but padding: its taps are ").num(dilation);
                    let text = site.received(text.str(" apart, but it receives "), input);
                    let help = Text::new().str("with a dilation of at most ").num(size).str(" every window sees some of the input");
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
