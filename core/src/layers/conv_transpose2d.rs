//! Two-dimensional transposed convolution.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{Axes4, Dtype, Rank1, Rank4};
use dfdx::tensor::{Cpu, Storage, Tape, Tensor};
use dfdx::tensor_ops::{Device, PermuteTo, ReshapeTo};

use super::window::Windows;
use super::{Layer, Taped, conv2d, portable};
use crate::run::slot::Slot;
use crate::run::tables::Tables;
use crate::run::value::{self, Value};
use crate::tensors::Tensors;
use crate::{Scalar, init};

/// The parameters of a transposed convolution with `IN` input channels, `OUT` output channels per group, and a kernel of
/// `HEIGHT x WIDTH`. `BIASES` is the number of all output channels, 0 without a bias.
///
/// Initial values are PyTorch's: uniform within `1 / sqrt(OUT * HEIGHT * WIDTH)`.
#[derive(Clone, Debug)]
pub struct ConvTranspose2d<
    const IN: usize,
    const OUT: usize,
    const HEIGHT: usize,
    const WIDTH: usize,
    const BIASES: usize,
    E: Dtype = f32,
    D: Storage<E> = Cpu,
    const BIAS: bool = true,
> {
    /// `[IN, OUT, HEIGHT, WIDTH]`
    pub weight: Tensor<Rank4<IN, OUT, HEIGHT, WIDTH>, E, D>,
    /// `[BIASES]`; `None` without `BIAS`.
    pub bias: Option<Tensor<Rank1<BIASES>, E, D>>,
}

super::weight_and_bias! {
    ConvTranspose2d<IN, OUT, HEIGHT, WIDTH, BIASES>, fan_in: OUT * HEIGHT * WIDTH
}

/// Gathers, for each output position and tap, the input element that contributes to it, and multiplies the weights with them.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &layercake_ir::ops::ConvTranspose2d,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let windows = Windows::transposed(tables, x, op)?;
    let (ins, outs) = (op.in_channels / op.groups, op.out_channels / op.groups);
    let kernel = op.kernel[0] * op.kernel[1];
    // [groups, in / groups, out / groups, taps] to [groups, out / groups, in / groups * taps]
    let weight = params[0].clone().restore(&(op.groups, ins, outs, kernel))?.retaped::<T>();
    let weight = weight.try_permute::<value::Rank4, Axes4<0, 2, 1, 3>>()?.try_reshape_like(&(op.groups, outs, ins * kernel))?;
    conv2d::convolve(x, tape, weight, params.get(1), &windows)
}

portable! {
    ConvTranspose2d: |op, x, tape, context| forward(op, x, tape, context.params, context.tables);
}
