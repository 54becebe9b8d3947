//! Convolutions as implicit matrix products.
//!
//! A window slides over the *large* map, and the *small* map has an element for each of its places; the weight is `[groups, a, b, taps]`, with `a`
//! channels of the small map and `b` of the large one in each group. A convolution goes from the large map to the small one, its gradient and a
//! transposed convolution from the small one to the large one. So three kernels serve both, each with one of the three as its result.

use layercake_ir::Shape;
use layercake_ir::ops::{self, Window};

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel, Place};

use super::Operation;
use super::batch_norm::Norm;
use super::masked::Mask;
use super::product::{Product, WeightGrad};

/// The sizes of a convolution.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    groups: usize,
    /// Channels of a group, in the small map and in the large one.
    channels: [usize; 2],
    small: [usize; 2],
    large: [usize; 2],
    window: Window,
}

/// The parameters that describe a [`Geometry`].
const GEOMETRY: &str = "int groups, int a, int b, int small_h, int small_w, int large_h, int large_w, int kernel_h, int kernel_w, int stride_h, \
    int stride_w, int pad_h, int pad_w, int dilation_h, int dilation_w";
/// Those of a product whose result is a map.
const MAP: &str = "const float *weight, const float *g, const float *y, const float *bias, float *out, int add";

impl Geometry {
    fn args(&self) -> [Arg; 15] {
        let ([a, b], Window { kernel, stride, padding, dilation, .. }) = (self.channels, self.window);
        let pairs = [self.small, self.large, kernel, stride, padding, dilation].concat();
        let mut numbers = [self.groups, a, b].into_iter().chain(pairs);
        std::array::from_fn(|_| int(numbers.next().expect("three numbers and six pairs")))
    }

    fn taps(&self) -> usize {
        self.window.kernel.iter().product()
    }

    /// The product whose result is the small map, with `more` parameters behind those of the geometry.
    fn to_small(self, name: &'static str, head: String, batch: usize, more: &str) -> Product {
        let signature = format!("{MAP}, {GEOMETRY}{more}");
        let size = [self.channels[0], batch * self.small.iter().product::<usize>(), self.channels[1] * self.taps()];
        let head = format!("{}{head}{}", include_str!("../kernels/windows.cuh"), include_str!("../kernels/to_small.cuh"));
        Product { name, signature, head, by_depth: [true, false], size, parts: self.groups }
    }

    /// The product whose result is the large map.
    fn to_large(self, name: &'static str, head: String, batch: usize) -> Product {
        let signature = format!("{MAP}, {GEOMETRY}");
        let size = [self.channels[1], batch * self.large.iter().product::<usize>(), self.channels[0] * self.taps()];
        let head = format!("{}{head}{}", include_str!("../kernels/windows.cuh"), include_str!("../kernels/to_large.cuh"));
        Product { name, signature, head, by_depth: [false, false], size, parts: self.groups }
    }

    /// The product whose result is the gradient of the weight, and with `bias` that of a bias of the small map. `head` defines `SMALL(i)` and
    /// `LARGE(i)`.
    fn to_weight(self, name: &'static str, head: String, batch: usize, gradients: [Arg; 2]) -> WeightGrad {
        let bias = gradients[1] != NOWHERE;
        let signature =
            format!("const float *map, const float *g, const float *y, {GEOMETRY}, float *weight, float *bias, int width, int parts");
        let width = self.channels[1] * self.taps();
        let size = [self.channels[0], width + usize::from(bias), batch * self.small.iter().product::<usize>()];
        let head = format!("{}{head}{}", include_str!("../kernels/windows.cuh"), include_str!("../kernels/to_weight.cuh"));
        WeightGrad { product: Product { name, signature, head, by_depth: [true, true], size, parts: self.groups }, width, gradients }
    }
}

/// Height and width; a sequence is a map of height 1.
pub fn map(shape: &Shape) -> [usize; 2] {
    if shape.rank() == 3 { [shape.dim(1), shape.dim(2)] } else { [1, shape.dim(1)] }
}

const NOWHERE: Arg = Arg::At(Place::Nowhere);

/// `out` gets the sum with the bias of its channel, normalized if `normed` says so, through the functions after the node.
fn finished(at: &At, normed: &str) -> String {
    format!(
        "{normed}{}#define OUT(i, channel, sum) out[i] = ACT(NORMED((sum) + (bias ? bias[channel] : 0.0f), channel))\n#define IN(i) g[i]\n",
        at.act()
    )
}

/// No norm.
const PLAIN: &str = "#define NORMED(x, channel) (x)\n";

/// `out` is a gradient, as is what is read.
fn gradient_of(at: &At) -> String {
    format!("{}#define OUT(i, channel, sum) GIVE(out[i], sum, add)\n#define IN(i) DY(i)\n", at.pull())
}

pub struct Convolution {
    geometry: Geometry,
    bias: bool,
    mask: Option<Mask>,
    /// The weight that is used: the node's, or the masked one.
    weight: Arg,
    /// The norm behind it, in inference.
    norm: Option<Norm>,
}

impl Convolution {
    pub fn new(op: &ops::Conv2d, input: &Shape, output: &Shape) -> Self {
        let channels = [op.out_channels / op.groups, op.in_channels / op.groups];
        let geometry = Geometry { groups: op.groups, channels, small: map(output), large: map(input), window: op.window() };
        Self { geometry, bias: op.bias, mask: None, weight: NOWHERE, norm: None }
    }

    /// A convolution whose masked weights count as zeros: `MaskedConv2d::sees` in CUDA C.
    pub fn masked(op: &ops::MaskedConv2d, input: &Shape, output: &Shape) -> Self {
        let [height, width] = op.kernel;
        let (middle, center, taps) = (height / 2, width / 2, height * width);
        let (row, column) = (format!("i % {taps} / {width}"), format!("i % {width}"));
        let own = format!("i / {} * {} / {}", op.in_channels * taps, op.colors, op.out_channels);
        let other = format!("i / {taps} % {} * {} / {}", op.in_channels, op.colors, op.in_channels);
        let here = format!("({other} {} {own})", if matches!(op.mask, ops::Mask::A) { "<" } else { "<=" });
        let left = format!("({column} < {center} || ({column} == {center} && {here}))");
        let seen = match op.stack {
            ops::Stack::Vertical => format!("{row} < {middle} || ({row} == {middle} && {})", u8::from(matches!(op.mask, ops::Mask::B))),
            ops::Stack::Full => format!("{row} < {middle} || ({row} == {middle} && {left})"),
            ops::Stack::Horizontal => format!("{row} == {middle} && {left}"),
        };
        let geometry =
            Geometry { groups: 1, channels: [op.out_channels, op.in_channels], small: map(output), large: map(input), window: op.window() };
        let mask = Mask { factor: format!("({seen}) ? 1.0f : 0.0f"), len: op.out_channels * op.in_channels * taps };
        Self { geometry, bias: op.bias, mask: Some(mask), weight: NOWHERE, norm: None }
    }
}

impl Operation for Convolution {
    fn takes_norm(&mut self, norm: Norm) -> bool {
        self.norm = Some(norm);
        true
    }

    fn forward(&mut self, at: &mut At) {
        let weight = at.param(0);
        self.weight = self.mask.as_ref().map_or(weight, |mask| mask.apply(at, weight));
        let (normed, more, norm) = self.norm.map_or((PLAIN, "", Vec::new()), |norm| (Norm::HEAD, Norm::SIGNATURE, norm.args()));
        let product = self.geometry.to_small("conv_forward", finished(at, normed), at.batch(), more);
        let bias = if self.bias { at.param(1) } else { NOWHERE };
        let args = [&[self.weight, at.x(0), NOWHERE, bias, at.y(0), Arg::Int(0)][..], &self.geometry.args(), &norm].concat();
        product.launch(at, args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let head = format!("{}#define SMALL(i) DY(i)\n#define LARGE(i) map[i]\n", at.pull());
        let own = at.param_grad(0);
        let gradient = self.mask.as_ref().map_or(own, |mask| mask.gradient(at));
        let gradients = [gradient, if self.bias { at.param_grad(1) } else { NOWHERE }];
        let weight = self.geometry.to_weight("conv_weight_grad", head, at.batch(), gradients);
        let args = [&[at.x(0), g, y][..], &self.geometry.args()].concat();
        weight.launch(at, args);
        if let Some(mask) = &self.mask {
            mask.give(at, gradient, own);
        }
        let Some([dx, add]) = at.dx(0) else { return };
        let product = self.geometry.to_large("conv_input_grad", gradient_of(at), at.batch());
        let args = [&[self.weight, g, y, NOWHERE, dx, add][..], &self.geometry.args()].concat();
        product.launch(at, args);
    }
}

pub struct Transposed {
    geometry: Geometry,
    bias: bool,
}

impl Transposed {
    pub fn new(op: &ops::ConvTranspose2d, input: &Shape, output: &Shape) -> Self {
        let channels = [op.in_channels / op.groups, op.out_channels / op.groups];
        let window = Window { kernel: op.kernel, stride: op.stride, padding: op.padding, dilation: op.dilation, ceil: false };
        let geometry = Geometry { groups: op.groups, channels, small: map(input), large: map(output), window };
        Self { geometry, bias: op.bias }
    }
}

impl Operation for Transposed {
    fn forward(&mut self, at: &mut At) {
        let product = self.geometry.to_large("conv_transpose_forward", finished(at, PLAIN), at.batch());
        let bias = if self.bias { at.param(1) } else { NOWHERE };
        let args = [&[at.param(0), at.x(0), NOWHERE, bias, at.y(0), Arg::Int(0)][..], &self.geometry.args()].concat();
        product.launch(at, args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let head = format!("{}#define SMALL(i) map[i]\n#define LARGE(i) DY(i)\n", at.pull());
        let gradients = [at.param_grad(0), NOWHERE];
        let weight = self.geometry.to_weight("conv_transpose_weight_grad", head, at.batch(), gradients);
        let args = [&[at.x(0), g, y][..], &self.geometry.args()].concat();
        weight.launch(at, args);
        if self.bias {
            // Each output channel is a sum over the whole batch.
            let channels = self.geometry.groups * self.geometry.channels[1];
            let signature = "const float *g, const float *y, float *bias, int batch, int channels, int len";
            let kernel = Kernel::new("channel_sums", signature, &at.pull(), include_str!("../kernels/channel_sums.cu"));
            let len = self.geometry.large.iter().product();
            let args = [g, y, at.param_grad(1), int(at.batch()), int(channels), int(len)];
            at.launch(kernel, [channels, 1, 1], 256, args);
        }
        let Some([dx, add]) = at.dx(0) else { return };
        let product = self.geometry.to_small("conv_transpose_input_grad", gradient_of(at), at.batch(), "");
        let args = [&[at.param(0), g, y, NOWHERE, dx, add][..], &self.geometry.args()].concat();
        product.launch(at, args);
    }
}
