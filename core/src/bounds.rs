//! Elementwise bounds that keep NaN, on every device.
//!
//! dfdx's `relu`, `clamp` and `maximum` turn NaN into numbers on some or all devices, like the maximum of IEEE 754. PyTorch's keep NaN, so that a
//! network that diverged shows it.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{NoneTape, PutTape, Tape, Tensor};
use dfdx::tensor_ops::{ChooseFrom, Device, TryGt, TryLe, TryLt};

use crate::Scalar;
use crate::host::number;

/// Raises elements below `low` to `low`, with a gradient of 0.
pub(crate) fn at_least<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    low: f64,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    let beyond = x.retaped::<NoneTape>().try_lt(number::<E>(low))?;
    replaced(x, beyond, low)
}

/// Raises elements that are not above 0 to 0, with a gradient of 0, also at 0 itself.
pub(crate) fn positive_part<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Result<Tensor<S, E, D, T>, D::Err> {
    let beyond = x.retaped::<NoneTape>().try_le(E::default())?;
    replaced(x, beyond, 0.0)
}

/// Lowers elements above `high` to `high`, with a gradient of 0.
pub(crate) fn at_most<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    high: f64,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    let beyond = x.retaped::<NoneTape>().try_gt(number::<E>(high))?;
    replaced(x, beyond, high)
}

/// Both bounds.
pub(crate) fn clamp<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    low: f64,
    high: f64,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    at_most(at_least(x, low)?, high)
}

/// The elements for which `inside` is above 0, and 0 for all others, even if these are NaN or infinite: a product with 0 would be NaN.
pub(crate) fn masked<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    inside: Tensor<S, E, D>,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    where_inside(x, inside.try_gt(E::default())?)
}

/// [`masked`] by a tensor of booleans.
pub(crate) fn where_inside<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    inside: Tensor<S, bool, D>,
) -> Result<Tensor<S, E, D, T>, D::Err> {
    let zeros = x.device().try_zeros_like(x.shape())?;
    inside.try_choose(x, zeros)
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
