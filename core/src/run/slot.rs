//! Places in a network that hold tensors, into which a pass stores new values.

use std::collections::HashMap;

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use super::value::Value;
use crate::Scalar;

/// A place in a network that holds a tensor and takes a new one; running statistics are stored through it.
pub trait Slot<E: Scalar, D: Device<E>> {
    /// Replaces the tensor.
    ///
    /// # Errors
    /// None in practice: contiguous data keeps its memory.
    ///
    /// # Panics
    /// If the value has another number of elements.
    fn set(&mut self, value: Value<E, D>) -> Result<(), D::Err>;
}

impl<S: Shape, E: Scalar, D: Device<E>> Slot<E, D> for Tensor<S, E, D> {
    fn set(&mut self, value: Value<E, D>) -> Result<(), D::Err> {
        let shape = *self.shape();
        *self = value.restore(&shape)?;
        Ok(())
    }
}

/// Puts the new values of tensors into their places: `slots` calls what it is given with each tensor in graph order.
pub(crate) fn store<E: Scalar, D: Device<E>>(
    updates: Vec<(usize, Value<E, D>)>,
    slots: impl FnOnce(&mut dyn FnMut(&mut dyn Slot<E, D>)),
) -> Result<(), D::Err> {
    if updates.is_empty() {
        return Ok(());
    }
    // Of a layer that was applied several times, the last value counts.
    let mut updates: HashMap<usize, Value<E, D>> = updates.into_iter().collect();
    let (mut next, mut outcome) = (0, Ok(()));
    slots(&mut |slot| {
        let update = updates.remove(&next).filter(|_| outcome.is_ok());
        outcome = update.map_or(Ok(()), |value| slot.set(value)).and(std::mem::replace(&mut outcome, Ok(())));
        next += 1;
    });
    outcome
}
