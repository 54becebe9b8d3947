//! Code that is generic over devices asks here at run time whether it is on one whose engine has kernels for it.

use std::any::{Any, TypeId};

use cudarc::driver::DriverError;
use dfdx::tensor::{Cuda, HasErr, Storage};
use dfdx::tensor_ops::Device;
use layercake_engine_cuda::ones;

use super::launch::{Given, Loaded};
use super::options;
use super::places::Memory;
use crate::Scalar;

/// Whether the engine for the GPU serves tensors of this device and number type.
pub(crate) fn on_engine<E: 'static, D: 'static>() -> bool {
    TypeId::of::<(E, D)>() == TypeId::of::<(f32, Cuda)>() && !options::is_off()
}

/// The same thing under the name of its type.
pub(crate) fn same<A: 'static, B: 'static>(a: A) -> B {
    let a: Box<dyn Any> = Box::new(a);
    *a.downcast().unwrap_or_else(|_| unreachable!("`on_engine` says that both types are one"))
}

/// A storage, if it is one of numbers of 32 bits on a GPU.
pub(crate) fn storage<E: Scalar, D: Device<E>>(storage: &<D as Storage<E>>::Vec) -> &<Cuda as Storage<f32>>::Vec {
    let storage: &dyn Any = storage;
    storage.downcast_ref().unwrap_or_else(|| unreachable!("`on_engine` says so"))
}

/// Where a storage is.
pub(crate) fn memory<E: Scalar, D: Device<E>>(of: &<D as Storage<E>>::Vec) -> Memory {
    Memory::of_storage(storage::<E, D>(of))
}

/// The error of the driver under the name of a device's.
pub(crate) fn of_driver<D: HasErr + 'static>(error: DriverError) -> D::Err {
    same(<Cuda as HasErr>::Err::from(error))
}

/// Fills a gradient with ones.
pub(crate) fn fill_with_one<E: Scalar, D: Device<E>>(gradient: &<D as Storage<E>>::Vec) -> Result<(), D::Err> {
    let (kernel, memory) = (ones(), memory::<E, D>(gradient));
    let loaded = Loaded::new(storage::<E, D>(gradient).device(), std::slice::from_ref(&kernel)).map_err(of_driver::<D>)?;
    let blocks = u32::try_from(memory.len().div_ceil(256)).expect("a loss has few elements");
    loaded.plain(&kernel, 0, [blocks, 256], &[Given::At(memory.address()), Given::Int(memory.len())]).map_err(of_driver::<D>)
}
