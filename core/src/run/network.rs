//! What every network is.

use dfdx::tensor::{OwnedTape, Tape};
use layercake_ir::Graph;

use super::backend::Backend;
use super::runtime::Runtime;
use super::slot::Slot;
use super::value::Value;
use crate::CustomPart;
use crate::Scalar;
use crate::tensors::Tensors;

/// The output of a custom layer, and the tape.
pub type Called<E, D, T> = (Value<E, D>, T);

/// A network made by `network!`.
pub trait Network<E: Scalar, D: Backend<E>> {
    /// The network as data.
    const GRAPH: &'static Graph;

    /// Appends all tensors, in graph order.
    ///
    /// # Errors
    /// If the device is out of memory.
    #[doc(hidden)]
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err>;

    /// Calls `work` with the same tensors, as places to store into.
    #[doc(hidden)]
    fn slots(&mut self, work: &mut dyn FnMut(&mut dyn Slot<E, D>));

    /// The plans and buffers of this network.
    #[doc(hidden)]
    fn runtime(&self) -> &Runtime;

    /// What its custom layers own, each path behind `prefix`.
    #[doc(hidden)]
    fn custom_parts(prefix: &str, list: &mut Vec<CustomPart>) {
        let _ = (prefix, list);
    }

    /// Runs the custom layer of a path.
    ///
    /// # Errors
    /// If the device is out of memory.
    #[doc(hidden)]
    fn custom<T: Tape<E, D>>(&self, path: &str, input: Value<E, D>, tape: T) -> Result<Called<E, D, T>, D::Err> {
        let _ = (input, tape);
        unreachable!("`{path}` is a custom layer of no network here")
    }

    /// Runs the custom layer of a path in training.
    ///
    /// # Errors
    /// If the device is out of memory.
    #[doc(hidden)]
    fn custom_mut(&mut self, path: &str, input: Value<E, D>, tape: OwnedTape<E, D>) -> Result<Called<E, D, OwnedTape<E, D>>, D::Err> {
        let _ = (input, tape);
        unreachable!("`{path}` is a custom layer of no network here")
    }
}
