//! One-dimensional convolution, run as a two-dimensional one on images of height 1.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{Dtype, Rank1, Rank3};
use dfdx::tensor::{Cpu, Storage, Tape, Tensor};
use dfdx::tensor_ops::Device;

use super::{Layer, Taped, conv2d, portable};
use crate::run::slot::Slot;
use crate::run::tables::Tables;
use crate::run::value::Value;
use crate::tensors::Tensors;
use crate::{Scalar, init};

/// The parameters of a one-dimensional convolution with `IN` input channels per group, `OUT` output channels, and a kernel of `KERNEL`.
///
/// Initial values are PyTorch's: uniform within `1 / sqrt(IN * KERNEL)`.
#[derive(Clone, Debug)]
pub struct Conv1d<const IN: usize, const OUT: usize, const KERNEL: usize, E: Dtype = f32, D: Storage<E> = Cpu, const BIAS: bool = true> {
    /// `[OUT, IN, KERNEL]`
    pub weight: Tensor<Rank3<OUT, IN, KERNEL>, E, D>,
    /// `[OUT]`; `None` without `BIAS`.
    pub bias: Option<Tensor<Rank1<OUT>, E, D>>,
}

super::weight_and_bias! {
    Conv1d<IN, OUT, KERNEL>, fan_in: IN * KERNEL
}

/// Convolves the sequence as an image of height 1.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &layercake_ir::ops::Conv1d,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    super::lines(x, tape, |x, tape| conv2d::forward(&op.as_conv2d(), x, tape, params, tables))
}

portable! {
    Conv1d: |op, x, tape, context| forward(op, x, tape, context.params, context.tables);
}
