//! The identity of a tensor in dfdx, which is the key of its gradient.

use dfdx::optim::UnusedTensors;
use dfdx::shapes::Shape;
use dfdx::tensor::{Tensor, UniqueId};
use dfdx::tensor_ops::Device;

use crate::Scalar;

/// The identity of a tensor. dfdx exposes it only through a list of tensors without gradients.
pub(crate) fn id<S: Shape, E: Scalar, D: Device<E>>(tensor: &Tensor<S, E, D>) -> UniqueId {
    let mut ids = UnusedTensors::default();
    ids.add(tensor);
    ids.ids[0]
}
