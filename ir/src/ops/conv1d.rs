//! One-dimensional convolution.

use super::Conv2d;
use super::prelude::*;

operation! {
    /// One-dimensional cross-correlation, PyTorch's `Conv1d`. Input `[in, length]`, output `[out, length']` with
    /// `length' = floor((length + 2 padding - dilation (kernel - 1) - 1) / stride) + 1`.
    pub struct Conv1d("Conv1d"): Convolution {
        /// Input channels; [`INFER`] for those of the input.
        in_channels: usize = Choice::input() => INFER,
        /// Output channels.
        out_channels: usize = Choice::output(),
        /// Size of the kernel.
        kernel: usize = Choice::required().label(Label::Named("kernel")),
        /// Distance between windows.
        stride: usize = Choice::size(1).label(Label::Named("stride")),
        /// Zeros added at each end.
        padding: usize = Choice::size(0).label(Label::Named("pad")),
        /// Distance between kernel elements.
        dilation: usize = Choice::size(1).label(Label::Named("dilation")),
        /// Number of groups; each convolves its own channels.
        groups: usize = Choice::size(1).label(Label::Named("groups")) => 1,
        /// Whether to add a bias per output channel.
        bias: bool = Choice::bias(),
    }
    has(infer, params, window, multiply_adds)
    torch: &["in_channels", "out_channels", "kernel_size: kernel", "stride", "padding", "dilation", "groups", "bias", "padding_mode: -", "device: -", "dtype: -"],
    others: &["convolution1d", "lazyconv1d"],
    outline: Outline::Line(Some("out_channels")),
    module: Some(Module::new("Conv1d", Axes::Of(&[(0, 1), (0, 0), (0, 2)])).switch("bias")),
    example: "Conv1d(16, kernel = 3)",
    sample: "[6, 9]",
}

impl Conv1d {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::line(input, site) {
            return Err(mistake);
        }
        match channels::check([self.in_channels, self.out_channels, self.groups], input, site) {
            Ok(channels) => self.in_channels = channels,
            Err(mistake) => return Err(mistake),
        }
        match self.window().slide(input, site) {
            Ok([_, length]) => Ok((self, Shape::new(&[self.out_channels, length]))),
            Err(mistake) => Err(mistake),
        }
    }

    /// The same operation on images of height 1.
    pub const fn as_conv2d(&self) -> Conv2d {
        Conv2d {
            in_channels: self.in_channels,
            out_channels: self.out_channels,
            kernel: [1, self.kernel],
            stride: [1, self.stride],
            padding: [0, self.padding],
            dilation: [1, self.dilation],
            groups: self.groups,
            bias: self.bias,
        }
    }

    pub(crate) const fn params(&self) -> Params {
        let params = Params::NONE.trained("weight", &[self.out_channels, self.in_channels / self.groups, self.kernel]);
        if self.bias { params.trained("bias", &[self.out_channels]) } else { params }
    }

    /// The sliding window, of height 1.
    pub const fn window(&self) -> Window {
        self.as_conv2d().window()
    }

    pub(crate) const fn multiply_adds(&self, input: &Shape, output: &Shape) -> u64 {
        self.as_conv2d().multiply_adds(input, output)
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Uniform { fan_in: (self.in_channels / self.groups).saturating_mul(self.kernel) }
    }
}
