//! Absolute error.

use dfdx::shapes::{Rank0, Shape};
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::{Device, TrySub};

use super::Loss;
use super::pointwise::{Flat, Pointwise};
use crate::Scalar;

/// The absolute error, `|prediction - target|`. Its gradient is 0 where the two are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct L1;

/// The mean absolute error over all elements: PyTorch's `l1_loss`. Shapes and panics are those of [`mse`](super::mse).
pub fn l1<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    prediction: Tensor<S, E, D, T>,
    target: Tensor<S, E, D>,
) -> Tensor<Rank0, E, D, T> {
    L1.mean(prediction, target)
}

/// The sign of an error; 0 for 0, NaN for NaN.
pub(super) fn sign<E: Scalar>(error: E) -> E {
    if error == E::default() { error } else { error.signum() }
}

impl Pointwise for L1 {
    fn at<E: Scalar>(&self, _: usize, x: E, target: E) -> (E, E) {
        let error = x - target;
        (error.abs(), sign(error))
    }

    fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(&self, x: Flat<E, D, T>, target: Flat<E, D>) -> Result<Flat<E, D, T>, D::Err> {
        x.try_sub(target)?.try_abs()
    }
}
