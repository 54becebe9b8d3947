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

/// A module that can stand in a network: for tensors of these shapes, a batch of any size before each, with a tape or without.
/// It is implemented for every dfdx module, and only there so that the compiler can speak of layers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand here: it is no module from `{In}` to `{Out}`",
    label = "receives `{In}`, and is said to give `{Out}`",
    note = "a layer of your own implements `dfdx::nn::Module` for `Tensor<{In}, E, D, T>` with any tape `T`, and gives a `Tensor<{Out}, E, D, T>`"
)]
pub trait CustomLayer<In: Shape, Out: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> {
    /// Calls the module.
    ///
    /// # Errors
    /// If the device is out of memory.
    fn apply(&self, input: Tensor<In, E, D, T>) -> Result<Tensor<Out, E, D, T>, D::Err>;
}

#[diagnostic::do_not_recommend]
impl<M, In, Out, E, D, T> CustomLayer<In, Out, E, D, T> for M
where
    M: Module<Tensor<In, E, D, T>, Output = Tensor<Out, E, D, T>, Error = D::Err>,
    In: Shape,
    Out: Shape,
    E: Scalar,
    D: Device<E>,
    T: Tape<E, D>,
{
    fn apply(&self, input: Tensor<In, E, D, T>) -> Result<Tensor<Out, E, D, T>, D::Err> {
        self.try_forward(input)
    }
}

/// A tensor whose tape records.
pub type Traced<S, E, D> = Tensor<S, E, D, OwnedTape<E, D>>;

/// A module that can stand in a network while it trains.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be trained here: it is no module from `{In}` to `{Out}`",
    label = "receives `{In}`, and is said to give `{Out}`",
    note = "a layer of your own implements `dfdx::nn::ModuleMut` for `Tensor<{In}, E, D, OwnedTape<E, D>>`; where training is nothing special, \
            implement `dfdx::nn::NonMutableModule`"
)]
pub trait CustomLayerMut<In: Shape, Out: Shape, E: Scalar, D: Device<E>> {
    /// Calls the module in training.
    ///
    /// # Errors
    /// If the device is out of memory.
    fn apply_mut(&mut self, input: Traced<In, E, D>) -> Result<Traced<Out, E, D>, D::Err>;
}

#[diagnostic::do_not_recommend]
impl<M, In, Out, E, D> CustomLayerMut<In, Out, E, D> for M
where
    M: ModuleMut<Tensor<In, E, D, OwnedTape<E, D>>, Output = Tensor<Out, E, D, OwnedTape<E, D>>, Error = D::Err>,
    In: Shape,
    Out: Shape,
    E: Scalar,
    D: Device<E>,
{
    fn apply_mut(&mut self, input: Traced<In, E, D>) -> Result<Traced<Out, E, D>, D::Err> {
        self.try_forward_mut(input)
    }
}

/// Calls a custom layer.
///
/// # Errors
/// If the device is out of memory.
pub fn call<M, In, Out, E, D, T>(module: &M, input: Value<E, D>, tape: T) -> Result<Called<E, D, T>, D::Err>
where
    M: CustomLayer<In, Out, E, D, T>,
    In: Shape,
    Out: Shape,
    E: Scalar,
    D: Device<E>,
    T: Tape<E, D>,
{
    Value::erase(module.apply(typed(input)?.put_tape(tape))?)
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
    M: CustomLayerMut<In, Out, E, D>,
    In: Shape,
    Out: Shape,
    E: Scalar,
    D: Device<E>,
{
    Value::erase(module.apply_mut(typed(input)?.put_tape(tape))?)
}

fn typed<S: Shape, E: Scalar, D: Device<E>>(value: Value<E, D>) -> Result<Tensor<S, E, D>, D::Err> {
    let shape = shape::<S>(value.dims()).expect("the macro declared what the layer receives");
    value.restore(&shape)
}
