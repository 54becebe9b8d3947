//! Initial values of a struct's own tensors: `#[model(param, init = ..)]`.

use std::marker::PhantomData;

use dfdx::shapes::{Dtype, Shape};
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

/// How a tensor is filled when its model is built.
pub trait Init<S: Shape, E: Dtype, D: Device<E>> {
    /// Fills a tensor.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    fn fill(tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err>;
}

/// All 0.
#[derive(Debug)]
pub struct Zeros;

impl<S: Shape, E: Dtype, D: Device<E>> Init<S, E, D> for Zeros {
    fn fill(tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err> {
        tensor.try_fill_with_zeros()
    }
}

/// All 1.
#[derive(Debug)]
pub struct Ones;

impl<S: Shape, E: Dtype, D: Device<E>> Init<S, E, D> for Ones {
    fn fill(tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err> {
        tensor.try_fill_with_ones()
    }
}

/// Filled by the expression that the struct `M` has for field number `FIELD`.
#[derive(Debug)]
pub struct By<M, const FIELD: usize>(PhantomData<M>);

/// The expression of a field.
pub trait FieldInit<const FIELD: usize, T, E: Dtype, D: Device<E>> {
    /// Fills the field's tensor, or one of its tensors.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    fn fill(tensor: &mut T) -> Result<(), D::Err>;
}

impl<M, const FIELD: usize, S, E, D> Init<S, E, D> for By<M, FIELD>
where
    M: FieldInit<FIELD, Tensor<S, E, D>, E, D>,
    S: Shape,
    E: Dtype,
    D: Device<E>,
{
    fn fill(tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err> {
        M::fill(tensor)
    }
}

/// Calls the user's `init`. The argument types of a closure are inferred from this signature.
///
/// # Errors
/// Returns the error of `fill`.
pub fn fill_by<T, Err>(tensor: &mut T, fill: impl FnOnce(&mut T) -> Result<(), Err>) -> Result<(), Err> {
    fill(tensor)
}

/// Fills a tensor with one number.
///
/// # Errors
/// Returns the device's error; in practice there is none.
pub fn constant<S: Shape, E: Dtype, D: Device<E>>(tensor: &mut Tensor<S, E, D>, number: f64) -> Result<(), D::Err> {
    tensor.try_fill_with_ones()?;
    let ones = tensor.clone();
    tensor.try_axpy(number, &ones, 0.0)
}
