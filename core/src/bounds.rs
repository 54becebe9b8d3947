//! Elementwise bounds that keep NaN, on every device.
//!
//! dfdx's `relu`, `clamp` and `maximum` make a number of NaN on some devices or on all of them, as the maximum of IEEE 754 does; PyTorch's keep
//! it, and a network that went wrong has to show it.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{NoneTape, PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{ChooseFrom, Device, TryGt, TryLe, TryLt};

use crate::Scalar;
use crate::host::number;

/// What is below `low` becomes `low`, without a slope.
pub(crate) fn at_least<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    low: f64,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    let beyond = x.retaped::<NoneTape>().try_lt(number::<E>(low))?;
    replaced(x, beyond, low)
}

/// What is not above 0 becomes 0, without a slope, 0 itself too.
pub(crate) fn positive_part<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Result<Tensor<S, E, D, T>, D::Err> {
    let beyond = x.retaped::<NoneTape>().try_le(E::default())?;
    replaced(x, beyond, 0.0)
}

/// What is above `high` becomes `high`, without a slope.
pub(crate) fn at_most<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    high: f64,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    let beyond = x.retaped::<NoneTape>().try_gt(number::<E>(high))?;
    replaced(x, beyond, high)
}

/// Both.
pub(crate) fn clamp<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    low: f64,
    high: f64,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    at_most(at_least(x, low)?, high)
}

/// The elements of which `inside` is above 0, and 0 for the others, whatever they are: a product with 0 would keep NaN and infinity.
pub(crate) fn masked<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    inside: Tensor<S, E, D>,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    let zeros = inside.device().try_zeros_like(inside.shape())?;
    let (x, tape) = x.split_tape();
    inside.try_gt(E::default())?.try_choose(x.put_tape(tape), zeros)
}

fn replaced<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    beyond: Tensor<S, bool, D>,
    by: f64,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    let mut bound = x.device().try_zeros_like(x.shape())?;
    bound.try_fill_with_ones()?;
    let bound = dfdx::tensor_ops::TryMul::try_mul(bound, number::<E>(by))?;
    beyond.try_choose(bound.put_tape(T::default()), x)
}
