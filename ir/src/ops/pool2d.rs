//! Two-dimensional pooling.

use super::{Window, window};
use crate::{Mistake, Part, Shape, Site, Text};

/// The largest element of each window, PyTorch's `MaxPool2d`. Input `[channels, height, width]`; pairs are `[height, width]`. Of equal
/// elements the first, row by row, receives the gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MaxPool2d {
    /// Size of the window.
    pub kernel: [usize; 2],
    /// Steps between windows.
    pub stride: [usize; 2],
    /// Rows and columns of minus infinity added at each side; at most half the kernel.
    pub padding: [usize; 2],
    /// Distance between taps.
    pub dilation: [usize; 2],
    /// Keep a last window that reaches beyond the input.
    pub ceil_mode: bool,
}

/// The mean of each window, PyTorch's `AvgPool2d`. Input `[channels, height, width]`; pairs are `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AvgPool2d {
    /// Size of the window.
    pub kernel: [usize; 2],
    /// Steps between windows.
    pub stride: [usize; 2],
    /// Zeros added at each side; at most half the kernel.
    pub padding: [usize; 2],
    /// Keep a last window that reaches beyond the input; what lies beyond the padding is not counted in its mean.
    pub ceil_mode: bool,
    /// Do the zeros of the padding count in the mean?
    pub count_include_pad: bool,
}

impl MaxPool2d {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        match self.pool(input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }

    /// The output for an image, or for a sequence.
    pub(super) const fn pool(&self, input: &Shape, site: &Site) -> Result<Shape, Mistake> {
        match pool(&self.window(), input, site) {
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
                    return Some(Mistake::new(Part::Dilation, text).help(help));
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

impl AvgPool2d {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        match pool(&self.window(), input, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }

    /// The sliding window.
    pub const fn window(&self) -> Window {
        Window { kernel: self.kernel, stride: self.stride, padding: self.padding, dilation: [1, 1], ceil: self.ceil_mode }
    }
}

pub(super) const fn pool(window: &Window, input: &Shape, site: &Site) -> Result<Shape, Mistake> {
    let mut axis = 0;
    while axis < 2 {
        // PyTorch's own limit; beyond it a window could hold nothing but padding, even with its taps side by side.
        if window.padding[axis] > window.kernel[axis] / 2 && window.kernel[axis] > 0 {
            let text = site
                .start()
                .str(" has a padding of ")
                .num(window.padding[axis])
                .str(", more than half its kernel of ")
                .num(window.kernel[axis]);
            let help =
                Text::new().str("a padding of at most ").num(window.kernel[axis] / 2).str(" keeps every window on some of the input");
            return Err(Mistake::new(Part::Padding, text).help(help));
        }
        axis += 1;
    }
    match window.slide(input, site) {
        Ok([_, length]) if input.rank() == 2 => Ok(Shape::new(&[input.dim(0), length])),
        Ok([height, width]) => Ok(Shape::new(&[input.dim(0), height, width])),
        Err(mistake) => Err(mistake),
    }
}
