//! Two-dimensional transposed convolution.

use super::prelude::*;

operation! {
    /// Transposed convolution: the gradient of [`super::Conv2d`] with respect to its input, PyTorch's `ConvTranspose2d` (Dumoulin and Visin, 2016,
    /// arXiv 1603.07285, chapter 4). Each input element adds the kernel, multiplied by it, to the output. Input `[in, height, width]`, output
    /// `[out, height', width']` with `height' = (height - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1`. Pairs are
    /// `[height, width]`.
    pub struct ConvTranspose2d("ConvTranspose2d"): Convolution {
        /// Input channels; [`INFER`] for those of the input.
        in_channels: usize = Choice::input() => INFER,
        /// Output channels.
        out_channels: usize = Choice::output(),
        /// Size of the kernel.
        kernel: [usize; 2] = Choice::required(),
        /// Distance in the output between adjacent input elements.
        stride: [usize; 2] = Choice::size(1).label(Label::Named("stride")),
        /// Rows and columns removed from each side of the output.
        padding: [usize; 2] = Choice::size(0).label(Label::Named("pad")),
        /// Rows added at the bottom and columns added at the right, for output sizes that the stride alone cannot give.
        output_padding: [usize; 2] = Choice::size(0).label(Label::Named("output pad")),
        /// Distance between kernel elements.
        dilation: [usize; 2] = Choice::size(1).label(Label::Named("dilation")),
        /// Number of groups; each convolves its own channels.
        groups: usize = Choice::size(1).label(Label::Named("groups")) => 1,
        /// Whether to add a bias per output channel.
        bias: bool = Choice::bias(),
    }
    has(infer, params, multiply_adds, uses, magnify)
    torch: &["in_channels", "out_channels", "kernel_size: kernel", "stride", "padding", "output_padding", "groups", "bias", "dilation", "padding_mode: -"],
    others: &["deconv", "deconvolution", "conv2dtranspose", "upconv", "convtranspose", "transposedconv2d", "lazyconvtranspose2d"],
    outline: Outline::Map(Some("out_channels")),
    // With groups, the number of biases is not an axis of the weight.
    module: Some(Module::new("ConvTranspose2d", Axes::Of(&[(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)])).switch("bias")),
    example: "ConvTranspose2d(16, kernel = 2, stride = 2)",
}

impl ConvTranspose2d {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        match channels::check([self.in_channels, self.out_channels, self.groups], input, site) {
            Ok(channels) => self.in_channels = channels,
            Err(mistake) => return Err(mistake),
        }
        if let Some(mistake) = window::positive(site, self.kernel, self.stride, self.dilation) {
            return Err(mistake);
        }
        let mut output = Shape::new(&[self.out_channels, 0, 0]);
        let mut axis = 0;
        while axis < 2 {
            match self.size(axis, input, site) {
                Ok(size) => output = output.with_dim(axis + 1, size),
                Err(mistake) => return Err(mistake),
            }
            axis += 1;
        }
        Ok((self, output))
    }

    /// The output's height or width.
    const fn size(&self, axis: usize, input: &Shape, site: &Site) -> Result<usize, Mistake> {
        let (stride, dilation) = (self.stride[axis], self.dilation[axis]);
        let most = if stride > dilation { stride } else { dilation };
        if self.output_padding[axis] >= most {
            let text = site.start().str(" has an output padding of ").num(self.output_padding[axis]);
            let text = text.str(", which must be less than its stride of ").num(stride).str(" or its dilation of ").num(dilation);
            return Err(Mistake::new(Part::Option("output_padding"), text));
        }
        let reach = (input.dim(axis + 1) - 1).saturating_mul(stride).saturating_add(self.output_padding[axis]).saturating_add(1);
        let full = reach.saturating_add(dilation.saturating_mul(self.kernel[axis] - 1));
        // The sums saturate: beyond this, `full` is not the output's size and the padding must not be subtracted from it.
        if full > usize::MAX / 4 {
            let text = site.start().str(" gives more ").str(if axis == 0 { "rows" } else { "columns" }).str(" than fit in memory");
            return Err(Mistake::new(if stride > self.kernel[axis] { Part::Option("stride") } else { Part::Option("kernel") }, text));
        }
        let cut = self.padding[axis].saturating_mul(2);
        if cut >= full {
            let text = site.start().str(" has a padding that removes ").num(cut).str(" of ").num(full);
            let text = site.received(text.str(if axis == 0 { " output rows" } else { " output columns" }).str(": it receives "), input);
            let help = Text::new().str("use a padding of at most ").num((full - 1) / 2);
            return Err(Mistake::new(Part::Option("padding"), text).help(help));
        }
        Ok(full - cut)
    }

    pub(crate) const fn params(&self) -> Params {
        let [height, width] = self.kernel;
        let params = Params::NONE.trained("weight", &[self.in_channels, self.out_channels / self.groups, height, width]);
        if self.bias { params.trained("bias", &[self.out_channels]) } else { params }
    }

    /// Each input element is multiplied by each element of its group's kernels.
    pub(crate) const fn multiply_adds(&self, input: &Shape, _output: &Shape) -> u64 {
        let taps = (self.out_channels / self.groups).saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]);
        (input.len() as u64).saturating_mul(taps as u64)
    }

    pub(crate) const fn magnify(&self) -> [usize; 2] {
        self.stride
    }

    /// PyTorch computes the fan-in from all axes of the weight except the first, for transposed convolutions too.
    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Uniform { fan_in: (self.out_channels / self.groups).saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]) }
    }

    pub(crate) const fn uses(&self, output: &Shape) -> usize {
        output.len() / output.dim(0)
    }
}
