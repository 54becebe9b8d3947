//! Layers of the user's own in a network: any dfdx module.

use dfdx::nn::{Module, ModuleMut};
use dfdx::shapes::Shape;
use dfdx::tensor::{OwnedTape, PutTape, Tape, Tensor};
use dfdx::tensor_ops::Device;

use crate::Scalar;
use crate::edge::shape;
use crate::value::Value;

/// What a custom layer gives, and the tape.
pub type Called<E, D, T> = (Value<E, D>, T);

/// Calls a custom layer.
///
/// # Errors
/// If the device is out of memory.
pub fn call<M, In, Out, E, D, T>(module: &M, input: Value<E, D>, tape: T) -> Result<Called<E, D, T>, D::Err>
where
    M: Module<Tensor<In, E, D, T>, Output = Tensor<Out, E, D, T>, Error = D::Err>,
    In: Shape,
    Out: Shape,
    E: Scalar,
    D: Device<E>,
    T: Tape<E, D>,
{
    Value::erase(module.try_forward(typed(input)?.put_tape(tape))?)
}

/// Calls a custom layer in training.
///
/// # Errors
/// If the device is out of memory.
pub fn call_mut<M, In, Out, E, D>(
    module: &mut M,
    input: Value<E, D>,
    tape: OwnedTape<E, D>,
) -> Result<Called<E, D, OwnedTape<E, D>>, D::Err>
where
    M: ModuleMut<Tensor<In, E, D, OwnedTape<E, D>>, Output = Tensor<Out, E, D, OwnedTape<E, D>>, Error = D::Err>,
    In: Shape,
    Out: Shape,
    E: Scalar,
    D: Device<E>,
{
    Value::erase(module.try_forward_mut(typed(input)?.put_tape(tape))?)
}

fn typed<S: Shape, E: Scalar, D: Device<E>>(value: Value<E, D>) -> Result<Tensor<S, E, D>, D::Err> {
    let shape = shape::<S>(value.dims()).expect("the macro declared what the layer receives");
    value.restore(&shape)
}
