//! The tensors of a network as values, for a pass.

use dfdx::shapes::Shape;
use dfdx::tensor::{PutTape, Tensor};
use dfdx::tensor_ops::Device;

use crate::Scalar;
use crate::run::value::Value;
use crate::tape::Recording;

/// All tensors of a network, in graph order.
///
/// A tensor that is not contiguous is copied, and the copy is recorded, so that the gradient of the copy reaches the network's own tensor.
#[derive(Debug)]
pub struct Tensors<E: Scalar, D: Device<E>> {
    list: Vec<Value<E, D>>,
    copies: Recording<E, D>,
}

impl<E: Scalar, D: Device<E>> Default for Tensors<E, D> {
    fn default() -> Self {
        Self { list: Vec::new(), copies: Recording::default() }
    }
}

impl<E: Scalar, D: Device<E>> Tensors<E, D> {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a tensor.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn add<S: Shape>(&mut self, tensor: &Tensor<S, E, D>) -> Result<(), D::Err> {
        let (value, copies) = Value::erase(tensor.clone().put_tape(std::mem::take(&mut self.copies)))?;
        self.copies = copies;
        self.list.push(value);
        Ok(())
    }

    /// The values, for a pass without gradients.
    #[must_use]
    pub fn values(self) -> Vec<Value<E, D>> {
        self.list
    }

    /// The values, and the recording of the copies.
    pub(crate) fn recorded(self) -> (Vec<Value<E, D>>, Recording<E, D>) {
        (self.list, self.copies)
    }
}
