//! Squared error.

use dfdx::shapes::{Rank0, Shape};
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::{Device, TrySub};

use super::Loss;
use super::pointwise::{Flat, Pointwise};
use crate::Scalar;

/// The squared error, `(prediction - target)^2`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mse;

/// The mean squared error over all elements: PyTorch's `mse_loss`.
///
/// # Shapes
/// `prediction` and `target` of one shape; the output is a scalar.
///
/// # Panics
/// Panics if sizes known only at run time differ, or if the device is out of memory.
pub fn mse<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    prediction: Tensor<S, E, D, T>,
    target: Tensor<S, E, D>,
) -> Tensor<Rank0, E, D, T> {
    Mse.mean(prediction, target)
}

impl Pointwise for Mse {
    fn at<E: Scalar>(&self, _: usize, x: E, target: E) -> (E, E) {
        let error = x - target;
        (error * error, error + error)
    }

    fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(&self, x: Flat<E, D, T>, target: Flat<E, D>) -> Result<Flat<E, D, T>, D::Err> {
        x.try_sub(target)?.try_square()
    }
}
