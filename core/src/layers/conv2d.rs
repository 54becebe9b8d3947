//! Two-dimensional convolution.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{Axes3, Axes4, Dtype, HasShape, Rank1, Rank4};
use dfdx::tensor::{Cpu, PutTape, Storage, Tape, Tensor};
use dfdx::tensor_ops::{BroadcastTo, Device, PermuteTo, ReshapeTo, TryAdd, TryMatMul};

use super::window::Windows;
use super::{Layer, Taped, portable};
use crate::run::slot::Slot;
use crate::run::tables::Tables;
use crate::run::value::{self, Value};
use crate::tensors::Tensors;
use crate::{Scalar, init};

/// The parameters of a two-dimensional convolution with `IN` input channels per group, `OUT` output channels, and a kernel of
/// `HEIGHT x WIDTH`.
///
/// Initial values are PyTorch's: uniform within `1 / sqrt(IN * HEIGHT * WIDTH)`.
#[derive(Clone, Debug)]
pub struct Conv2d<
    const IN: usize,
    const OUT: usize,
    const HEIGHT: usize,
    const WIDTH: usize,
    E: Dtype = f32,
    D: Storage<E> = Cpu,
    const BIAS: bool = true,
> {
    /// `[OUT, IN, HEIGHT, WIDTH]`
    pub weight: Tensor<Rank4<OUT, IN, HEIGHT, WIDTH>, E, D>,
    /// `[OUT]`; `None` without `BIAS`.
    pub bias: Option<Tensor<Rank1<OUT>, E, D>>,
}

super::weight_and_bias! {
    Conv2d<IN, OUT, HEIGHT, WIDTH>, fan_in: IN * HEIGHT * WIDTH
}

/// The convolution, by gathering columns (im2col) and a matrix product.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &layercake_ir::ops::Conv2d,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let windows = Windows::of(tables, x, &op.window())?;
    let inner = op.in_channels / op.groups * op.kernel[0] * op.kernel[1];
    let weight = params[0].clone().restore(&(op.groups, op.out_channels / op.groups, inner))?;
    convolve(x, tape, weight.retaped::<T>(), params.get(1), &windows)
}

/// Gathers the input elements of each window as a column, and multiplies the weights `[groups, out / groups, in / groups * taps]` with
/// them, group by group.
pub(super) fn convolve<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Value<E, D>,
    tape: T,
    weight: Tensor<value::Rank3, E, D, T>,
    bias: Option<&Value<E, D>>,
    columns: &Windows<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let images = x.images()?;
    let (batch, channels, height, width) = *images.shape();
    let [rows, row] = columns.out;
    let (groups, outs, inner) = *weight.shape();

    // [channels * height * width, batch]
    let pixels = images.put_tape(tape).try_permute::<value::Rank4, Axes4<1, 2, 3, 0>>()?;
    let pixels = pixels.try_reshape_like(&(channels * height * width, batch))?;
    let columns = columns.lookup[0].rows(pixels)?;

    // [groups, out / groups, in / groups * taps] x [groups, in / groups * taps, windows * batch]
    let columns = columns.try_reshape_like(&(groups, inner, rows * row * batch))?;
    let maps = weight.try_matmul(columns)?;

    let maps = maps.try_reshape_like(&(groups * outs, rows, row, batch))?;
    let maps = maps.try_permute::<value::Rank4, Axes4<3, 0, 1, 2>>()?;
    let Some(bias) = bias else { return Value::erase(maps) };
    let shape = *maps.shape();
    Value::erase(maps.try_add(bias.flat().try_broadcast_like::<_, Axes3<0, 2, 3>>(&shape)?)?)
}

portable! {
    Conv2d: |op, x, tape, context| forward(op, x, tape, context.params, context.tables);
}
