//! Masked convolution.

use super::prelude::*;

words! {
    /// Which taps a masked convolution may use of the pixel that it is centered on.
    Mask {
        /// None of the pixel itself, or only the colors before an output's own: for the first layer.
        A = "A",
        /// The pixel too, up to an output's own color: for all other layers.
        B = "B",
    }
}

words! {
    /// Which pixels a masked convolution may see.
    Stack {
        /// The rows above, and what stands left of the pixel in its own: PixelCNN.
        Full = "full",
        /// Whole rows: those above, and with mask B the pixel's own too. The vertical stack of the gated PixelCNN.
        Vertical = "vertical",
        /// What stands left of the pixel in its own row: the horizontal stack of the gated PixelCNN.
        Horizontal = "horizontal",
    }
}

operation! {
    /// A convolution in which a pixel only sees those before it, in the order in which text is read: PixelCNN's (van den Oord et al., 2016,
    /// arXiv 1601.06759, section 3.4; the stacks: van den Oord et al., 2016, arXiv 1606.05328, section 2.3). Input `[in, height, width]`,
    /// output `[out, height, width]`: it is padded with zeros by half its kernel, so that the center of the kernel is the pixel itself.
    ///
    /// With `colors = 3` channels belong to red, green and blue, a third each in this order, and of the pixel itself green may see red, blue
    /// red and green, and with mask B each its own. The masked taps of `weight` have no effect and no gradient.
    pub struct MaskedConv2d("MaskedConv2d"): Convolution {
        /// Channels in; [`INFER`] takes the input's.
        in_channels: usize = Choice::input() => INFER,
        /// Channels out.
        out_channels: usize = Choice::output(),
        /// Size of the kernel; odd, so that it has a center.
        kernel: [usize; 2] = Choice::required(),
        /// May a pixel see itself?
        mask: Mask = Choice::required().label(Label::Named("mask")),
        /// Which pixels it may see.
        stack: Stack = Choice::word("full"),
        /// Into how many groups, of which each may see those before it, the channels are split.
        colors: usize = Choice::size(1).label(Label::Counted("color")) => 1,
        /// Distance between taps.
        dilation: [usize; 2] = Choice::size(1).label(Label::Named("dilation")),
        /// Add a bias a channel?
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
            let text = site.start().str(" has an even kernel, ").pair(self.kernel).str("; it must have a center");
            return Err(Mistake::new(Part::Option("kernel"), text).help(Text::new().str("write `3`, or another odd number")));
        }
        if !self.sees_anything() {
            let text = site.start().str(" sees nothing: its mask covers the whole kernel of ").pair(self.kernel);
            return Err(Mistake::new(Part::Option("kernel"), text)
                .help(Text::new().str("write `mask = B` if it is not the first, else a larger kernel")));
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
            let text = site.start().str(" tells colors apart, but in the rows of a vertical stack all are known");
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

    /// With mask A and one color the pixel itself is masked, and what is left are the taps before it.
    const fn sees_anything(&self) -> bool {
        let [height, width] = self.kernel;
        match (self.mask, self.stack) {
            (Mask::B, _) => true,
            (Mask::A, Stack::Vertical) => height > 1,
            (Mask::A, Stack::Full) => height > 1 || width > 1 || self.colors > 1,
            (Mask::A, Stack::Horizontal) => width > 1 || self.colors > 1,
        }
    }

    /// May output channel `out` see input channel `input` through the tap at this row and column of the kernel?
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

    /// The sliding window, masked taps among the others.
    pub const fn window(&self) -> Window {
        let padding = [
            self.dilation[0].saturating_mul(self.kernel[0].saturating_sub(1) / 2),
            self.dilation[1].saturating_mul(self.kernel[1].saturating_sub(1) / 2),
        ];
        Window { kernel: self.kernel, stride: [1, 1], padding, dilation: self.dilation, ceil: false }
    }

    /// Masked taps are counted: they are multiplied too.
    pub(crate) const fn multiply_adds(&self, _input: &Shape, output: &Shape) -> u64 {
        let taps = self.in_channels.saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]);
        (output.len() as u64).saturating_mul(taps as u64)
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Uniform { fan_in: self.in_channels.saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]) }
    }
}
