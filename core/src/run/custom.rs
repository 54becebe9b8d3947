//! Custom layers: any dfdx module in a network.

use std::any::type_name;
use std::convert::Infallible;

use dfdx::nn::tensor_collection::{RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorName};
use dfdx::nn::{Module, ModuleMut};
use dfdx::shapes::Shape;
use dfdx::tensor::{OwnedTape, PutTape, Tape, Tensor};
use dfdx::tensor_ops::Device;

use super::backend::Backend;
use super::edge::shape;
use super::network::{Called, Network};
use super::value::Value;
use crate::CustomPart;
use crate::Scalar;

/// A module that can be a layer of a network: for tensors of these shapes with a batch of any size, with or without a tape. It is implemented for
/// every dfdx module; it exists so that compile errors can speak of layers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a layer here: it is not a module from `{In}` to `{Out}`",
    label = "receives `{In}`, and is declared to return `{Out}`",
    note = "a layer of your own implements `dfdx::nn::Module` for `Tensor<{In}, E, D, T>` with any tape `T`, and returns a `Tensor<{Out}, E, D, T>`"
)]
pub trait CustomLayer<In: Shape, Out: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> {
    /// Calls the module.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
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

/// A module that can be a layer of a network in training.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be trained here: it is not a module from `{In}` to `{Out}`",
    label = "receives `{In}`, and is declared to return `{Out}`",
    note = "a layer of your own implements `dfdx::nn::ModuleMut` for `Tensor<{In}, E, D, OwnedTape<E, D>>`; if it does not differ in training, \
            implement `dfdx::nn::NonMutableModule`"
)]
pub trait CustomLayerMut<In: Shape, Out: Shape, E: Scalar, D: Device<E>> {
    /// Calls the module in training.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
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
/// Returns an error if the device is out of memory.
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
/// Returns an error if the device is out of memory.
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

/// The tensors that the custom layers of a network own, by their types.
pub fn parts<N: Network<E, D>, E: Scalar, D: Backend<E>>() -> Vec<CustomPart> {
    let mut list = Vec::new();
    N::custom_parts("", &mut list);
    list
}

/// The tensors that the custom layers of a network in a network own.
pub fn parts_within<N, M, E, D>(prefix: &str, path: &str, _: fn(&N) -> &M, list: &mut Vec<CustomPart>)
where
    M: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
{
    M::custom_parts(&format!("{prefix}{path}."), list);
}

/// The tensors that a custom layer owns. Types determine them: dfdx lists the tensors of a module without a value. All tensors of the network are
/// listed, which is needed anyway; a layer that is no module is reported elsewhere, once.
pub fn part<N: TensorCollection<E, D>, M, E: Scalar, D: Device<E>>(prefix: &str, path: &str, _: fn(&N) -> &M) -> CustomPart {
    let mut count = Count { path, trained: 0, buffers: 0 };
    let Ok(_) = N::iter_tensors(&mut RecursiveWalker { m: String::new(), f: &mut count });
    // `crate::layers::Nearness<12, 10>`
    let kind = type_name::<M>().split('<').next().unwrap_or_default().rsplit("::").next().unwrap_or_default();
    CustomPart { path: format!("{prefix}{path}"), kind: kind.to_owned(), trained: count.trained, buffers: count.buffers }
}

/// Counts the tensors at a path.
struct Count<'a> {
    path: &'a str,
    trained: usize,
    buffers: usize,
}

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Count<'_> {
    type Viewer = ViewTensorName;
    type Err = Infallible;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(&mut self, options: TensorOptions<S, E, D>, name: String) -> Result<Option<Tensor<S, E, D>>, Infallible> {
        if name.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
            let count = if options.do_gradient_update { &mut self.trained } else { &mut self.buffers };
            *count += options.shape.num_elements();
        }
        Ok(None)
    }
}
