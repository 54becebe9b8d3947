//! The elements of tensors as slices, if the device keeps them in this process's memory.
//!
//! dfdx returns a gradient as its device's own storage. On `Cpu` that is a `Vec`. Code that is generic over devices checks for it at run time, so
//! that one function serves all devices and is fast where it can be.

use std::any::{Any, TypeId};

use dfdx::shapes::HasShape;
use dfdx::tensor::{Cpu, Storage, Tensor};
use dfdx::tensor_ops::Device;

use crate::Scalar;

/// Whether this device's tensors are slices of this process's memory.
pub(crate) fn is_host<D: 'static>() -> bool {
    TypeId::of::<D>() == TypeId::of::<Cpu>()
}

/// The elements in a device's storage; none if they are elsewhere.
pub(crate) fn numbers_mut<E: Scalar, D: Device<E>>(storage: &mut <D as Storage<E>>::Vec) -> Option<&mut Vec<E>> {
    let storage: &mut dyn Any = storage;
    storage.downcast_mut::<<Cpu as Storage<E>>::Vec>().map(|numbers| &mut **numbers)
}

/// A list of numbers as `f32`, if it is one.
pub(crate) fn singles<N: 'static>(numbers: &mut N) -> Option<&mut Vec<f32>> {
    let numbers: &mut dyn Any = numbers;
    numbers.downcast_mut()
}

/// Copies the elements of a tensor that is contiguous, as a flat one is.
pub(crate) fn read<E: Scalar, D: Device<E>, T>(tensor: &Tensor<(usize,), E, D, T>) -> Vec<E> {
    let mut numbers = vec![E::default(); tensor.shape().0];
    tensor.copy_into(&mut numbers);
    numbers
}

/// A number in the number type of a network.
pub(crate) fn number<E: Scalar>(number: f64) -> E {
    E::from_f64(number).expect("every float type takes an f64")
}

/// The inverse of [`number`].
pub(crate) fn wide<E: Scalar>(number: E) -> f64 {
    number.to_f64().expect("a float is a float")
}
