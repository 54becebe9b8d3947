//! Squared error near the target, absolute error far from it (Huber, 1964).

use dfdx::shapes::{Rank0, Shape};
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::{Device, TryDiv, TrySub};

use super::Loss;
use super::l1::sign;
use super::pointwise::{Flat, Pointwise};
use crate::Scalar;
use crate::host::number;

/// `e^2 / 2` for an error `|e|` up to `delta`, `delta (|e| - delta / 2)` above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Huber {
    /// Where the quadratic part ends; above 0.
    pub delta: f64,
}

/// [`Huber`] with `delta = beta`, divided by `beta`: far from the target its gradient is 1. With a `beta` of 0 it is [`L1`](super::L1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothL1 {
    /// Where the quadratic part ends; 0 or more.
    pub beta: f64,
}

/// `delta` 1.
impl Default for Huber {
    fn default() -> Self {
        Self { delta: 1.0 }
    }
}

/// `beta` 1.
impl Default for SmoothL1 {
    fn default() -> Self {
        Self { beta: 1.0 }
    }
}

/// The mean of [`Huber`] over all elements: PyTorch's `huber_loss`. Shapes and panics are those of [`mse`](super::mse); it also panics unless `delta`
/// is above 0.
pub fn huber<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    prediction: Tensor<S, E, D, T>,
    target: Tensor<S, E, D>,
    delta: f64,
) -> Tensor<Rank0, E, D, T> {
    Huber { delta }.mean(prediction, target)
}

/// The mean of [`SmoothL1`] over all elements: PyTorch's `smooth_l1_loss`. Shapes and panics are those of [`mse`](super::mse); it also panics if
/// `beta` is below 0.
pub fn smooth_l1<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    prediction: Tensor<S, E, D, T>,
    target: Tensor<S, E, D>,
    beta: f64,
) -> Tensor<Rank0, E, D, T> {
    SmoothL1 { beta }.mean(prediction, target)
}

impl Pointwise for Huber {
    fn at<E: Scalar>(&self, _: usize, x: E, target: E) -> (E, E) {
        let (error, delta, half) = (x - target, number::<E>(self.delta), number::<E>(0.5));
        if error.abs() < delta { (half * error * error, error) } else { (delta * (error.abs() - half * delta), delta * sign(error)) }
    }

    fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(&self, x: Flat<E, D, T>, target: Flat<E, D>) -> Result<Flat<E, D, T>, D::Err> {
        x.try_huber_error(target, self.delta)
    }

    fn check(&self, _: &[usize]) {
        assert!(self.delta > 0.0, "the Huber loss needs a `delta` above 0, not {}", self.delta);
    }
}

impl Pointwise for SmoothL1 {
    fn at<E: Scalar>(&self, _: usize, x: E, target: E) -> (E, E) {
        let (error, beta, half) = (x - target, number::<E>(self.beta), number::<E>(0.5));
        if error.abs() < beta { (half * error * error / beta, error / beta) } else { (error.abs() - half * beta, sign(error)) }
    }

    fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(&self, x: Flat<E, D, T>, target: Flat<E, D>) -> Result<Flat<E, D, T>, D::Err> {
        if self.beta == 0.0 {
            return x.try_sub(target)?.try_abs();
        }
        x.try_huber_error(target, self.beta)?.try_div(number::<E>(self.beta))
    }

    fn check(&self, _: &[usize]) {
        assert!(self.beta >= 0.0, "the smooth L1 loss needs a `beta` of 0 or more, not {}", self.beta);
    }
}
