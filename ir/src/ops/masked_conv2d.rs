//! Masked convolution.

use super::prelude::*;

words! {
    /// Whether a masked convolution sees the pixel at its center.
    Mask {
        /// Not, or only the colors before the output's own: for the first layer.
        A = "A",
        /// Yes, up to and including the output's own color: for all other layers.
        B = "B",
    }
}

words! {
    /// Which other pixels a masked convolution sees.
    Stack {
        /// The rows above, and the pixels to the left in the same row: PixelCNN.
        Full = "full",
        /// Whole rows: those above, and with mask B the pixel's own row. The vertical stack of the gated PixelCNN.
        Vertical = "vertical",
        /// The pixels to the left in the same row. The horizontal stack of the gated PixelCNN.
        Horizontal = "horizontal",
    }
}

operation! {
    /// Masked convolution: an output pixel depends only on the input pixels before it, row by row, as in PixelCNN (van den Oord et al., 2016, arXiv
    /// 1601.06759, section 3.4; stacks: van den Oord et al., 2016, arXiv 1606.05328, section 2.3). Input `[in, height, width]`, output
    /// `[out, height, width]`: zero padding keeps the size. Masked elements of `weight` have no effect and no gradient.
    ///
    /// With `colors = 3` the channels are split into red, green and blue thirds. At the center pixel green sees red, and blue sees red and green;
    /// with mask B each color also sees itself.
    pub struct MaskedConv2d("MaskedConv2d"): Convolution {
        /// Input channels; [`INFER`] for those of the input.
        in_channels: usize = Choice::input() => INFER,
        /// Output channels.
        out_channels: usize = Choice::output(),
        /// Size of the kernel; it must be odd.
        kernel: [usize; 2] = Choice::required(),
        /// Whether a pixel sees itself.
        mask: Mask = Choice::required().label(Label::Named("mask")),
        /// Which other pixels it sees.
        stack: Stack = Choice::word("full"),
        /// Number of colors into which the channels are split; each sees those before it.
        colors: usize = Choice::size(1).label(Label::Counted("color")) => 1,
        /// Distance between kernel elements.
        dilation: [usize; 2] = Choice::size(1).label(Label::Named("dilation")),
        /// Whether to add a bias per output channel.
        bias: bool = Choice::bias(),
    }
    has(infer, params, window, multiply_adds)
    outline: Outline::Map(Some("out_channels")),
    module: Some(Module::new("Conv2d", Axes::Of(&[(0, 1), (0, 0), (0, 2), (0, 3)])).switch("bias")),
    example: "MaskedConv2d(16, kernel = 3, mask = B)",
}

impl MaskedConv2d {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        match channels::check([self.in_channels, self.out_channels, 1], input, site) {
            Ok(channels) => self.in_channels = channels,
            Err(mistake) => return Err(mistake),
        }
        if let Some(mistake) = window::positive(site, self.kernel, [1, 1], self.dilation) {
            return Err(mistake);
        }
        if let Some(mistake) = self.check_colors(site) {
            return Err(mistake);
        }
        if self.kernel[0].is_multiple_of(2) || self.kernel[1].is_multiple_of(2) {
            let text = site.start().str(" has an even kernel of ").pair(self.kernel).str("; it must be odd");
            return Err(Mistake::new(Part::Option("kernel"), text).help(Text::new().str("write `3`, or another odd number")));
        }
        if !self.sees_anything() {
            let text = site.start().str(" sees no pixels: its mask covers the whole kernel of ").pair(self.kernel);
            return Err(Mistake::new(Part::Option("kernel"), text)
                .help(Text::new().str("write `mask = B` if it is not the first layer, else use a larger kernel")));
        }
        match self.window().slide(input, site) {
            Ok(_) => Ok((self, input.with_dim(0, self.out_channels))),
            Err(mistake) => Err(mistake),
        }
    }

    const fn check_colors(&self, site: &Site) -> Option<Mistake> {
        if self.colors == 0 {
            return Some(Mistake::new(Part::Option("colors"), site.start().str(" has 0 colors; it must have at least 1")));
        }
        if self.colors > 1 && matches!(self.stack, Stack::Vertical) {
            let text = site.start().str(" has `colors`, but a vertical stack sees all colors of a row");
            return Some(Mistake::new(Part::Option("colors"), text).help(Text::new().str("leave `colors` out")));
        }
        let (count, which) = if !self.in_channels.is_multiple_of(self.colors) {
            (self.in_channels, "input channel")
        } else if !self.out_channels.is_multiple_of(self.colors) {
            (self.out_channels, "output channel")
        } else {
            return None;
        };
        let text = site.start().str(" cannot split its ").count(count, which).str(" into ").num(self.colors).str(" equal colors");
        Some(Mistake::new(Part::Option("colors"), text))
    }

    /// Whether any element of the kernel is not masked. With mask A and one color the center is masked.
    const fn sees_anything(&self) -> bool {
        let [height, width] = self.kernel;
        match (self.mask, self.stack) {
            (Mask::B, _) => true,
            (Mask::A, Stack::Vertical) => height > 1,
            (Mask::A, Stack::Full) => height > 1 || width > 1 || self.colors > 1,
            (Mask::A, Stack::Horizontal) => width > 1 || self.colors > 1,
        }
    }

    /// Whether output channel `out` sees input channel `input` through this row and column of the kernel.
    pub const fn sees(&self, out: usize, input: usize, row: usize, column: usize) -> bool {
        let (middle, center) = (self.kernel[0] / 2, self.kernel[1] / 2);
        let own = out * self.colors / self.out_channels;
        let other = input * self.colors / self.in_channels;
        let here = match self.mask {
            Mask::A => other < own,
            Mask::B => other <= own,
        };
        match self.stack {
            Stack::Vertical => row < middle || (row == middle && matches!(self.mask, Mask::B)),
            Stack::Full => row < middle || (row == middle && (column < center || (column == center && here))),
            Stack::Horizontal => row == middle && (column < center || (column == center && here)),
        }
    }

    pub(crate) const fn params(&self) -> Params {
        let [height, width] = self.kernel;
        let params = Params::NONE.trained("weight", &[self.out_channels, self.in_channels, height, width]);
        if self.bias { params.trained("bias", &[self.out_channels]) } else { params }
    }

    /// The sliding window, masked elements included.
    pub const fn window(&self) -> Window {
        let padding = [
            self.dilation[0].saturating_mul(self.kernel[0].saturating_sub(1) / 2),
            self.dilation[1].saturating_mul(self.kernel[1].saturating_sub(1) / 2),
        ];
        Window { kernel: self.kernel, stride: [1, 1], padding, dilation: self.dilation, ceil: false }
    }

    /// Masked elements are counted: they are multiplied too.
    pub(crate) const fn multiply_adds(&self, _input: &Shape, output: &Shape) -> u64 {
        let taps = self.in_channels.saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]);
        (output.len() as u64).saturating_mul(taps as u64)
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Uniform { fan_in: self.in_channels.saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]) }
    }
}
