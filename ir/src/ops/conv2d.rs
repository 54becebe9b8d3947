//! Two-dimensional convolution.

use super::prelude::*;

operation! {
    /// Two-dimensional cross-correlation, PyTorch's `Conv2d`. Input `[in, height, width]`, output `[out, height', width']` with
    /// `height' = floor((height + 2 padding - dilation (kernel - 1) - 1) / stride) + 1`. Pairs are `[height, width]`.
    pub struct Conv2d("Conv2d"): Convolution {
        /// Input channels; [`INFER`] for those of the input.
        in_channels: usize = Choice::input() => INFER,
        /// Output channels.
        out_channels: usize = Choice::output(),
        /// Size of the kernel.
        kernel: [usize; 2] = Choice::required(),
        /// Distance between windows.
        stride: [usize; 2] = Choice::size(1).label(Label::Named("stride")),
        /// Zeros added at each side.
        padding: [usize; 2] = Choice::size(0).label(Label::Named("pad")),
        /// Distance between kernel elements.
        dilation: [usize; 2] = Choice::size(1).label(Label::Named("dilation")),
        /// Number of groups; each convolves its own channels.
        groups: usize = Choice::size(1).label(Label::Named("groups")) => 1,
        /// Whether to add a bias per output channel.
        bias: bool = Choice::bias(),
    }
    has(infer, params, window, multiply_adds)
    torch: &["in_channels", "out_channels", "kernel_size: kernel", "stride", "padding", "dilation", "groups", "bias", "padding_mode: -", "device: -", "dtype: -"],
    others: &["conv", "convolution", "convolution2d", "conv2", "lazyconv2d"],
    outline: Outline::Map(Some("out_channels")),
    module: Some(Module::new("Conv2d", Axes::Of(&[(0, 1), (0, 0), (0, 2), (0, 3)])).switch("bias")),
    example: "Conv2d(16, kernel = 3)",
}

impl Conv2d {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        match channels::check([self.in_channels, self.out_channels, self.groups], input, site) {
            Ok(channels) => self.in_channels = channels,
            Err(mistake) => return Err(mistake),
        }
        match self.window().slide(input, site) {
            Ok([height, width]) => Ok((self, Shape::new(&[self.out_channels, height, width]))),
            Err(mistake) => Err(mistake),
        }
    }

    pub(crate) const fn params(&self) -> Params {
        let [height, width] = self.kernel;
        let params = Params::NONE.trained("weight", &[self.out_channels, self.in_channels / self.groups, height, width]);
        if self.bias { params.trained("bias", &[self.out_channels]) } else { params }
    }

    /// The sliding window.
    pub const fn window(&self) -> Window {
        Window { kernel: self.kernel, stride: self.stride, padding: self.padding, dilation: self.dilation, ceil: false }
    }

    pub(crate) const fn multiply_adds(&self, _input: &Shape, output: &Shape) -> u64 {
        let taps = (self.in_channels / self.groups).saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]);
        (output.len() as u64).saturating_mul(taps as u64)
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Uniform { fan_in: (self.in_channels / self.groups).saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]) }
    }
}
