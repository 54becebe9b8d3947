//! Gradients that are written.

use dfdx::shapes::{HasShape, Rank0};
use dfdx::tensor::{Storage, Tensor, Trace};
use dfdx::tensor_ops::{Backward, Device, SumTo, TryMul};

use crate::Scalar;

/// The numbers of a tensor as the device stores a gradient.
///
/// # Errors
/// Returns an error if the device is out of memory.
pub(crate) fn storage_of<E: Scalar, D: Device<E>>(numbers: Tensor<(usize,), E, D>) -> Result<<D as Storage<E>>::Vec, D::Err> {
    let device = numbers.device().clone();
    let flat = device.try_zeros_like(numbers.shape())?;
    // dfdx has no way to write a gradient. The gradient of `sum(p g)` by `p` is `g`.
    let mut made = flat.leaky_trace().try_mul(numbers)?.try_sum::<Rank0, _>()?.try_backward()?;
    let empty = <D as Storage<E>>::try_alloc_len(&device, 0)?;
    Ok(std::mem::replace(made.get_or_alloc_mut(&flat)?, empty))
}
