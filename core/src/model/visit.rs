//! Visits all tensors of a model, with their paths.

use dfdx::nn::tensor_collection::{
    RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut, ViewTensorName, ViewTensorRef,
};
use dfdx::shapes::Shape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use crate::Scalar;

/// The place of a tensor in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The path that PyTorch's `state_dict` would give it: `encoder.conv1.weight`.
    pub path: &'a str,
    /// Whether optimizers change it. Otherwise it is a buffer, such as the running mean of batch normalization.
    pub trained: bool,
}

/// A visitor of the tensors of a model; see [`visit`].
pub trait Visit<E: Scalar, D: Device<E>> {
    /// The error that ends the visit; [`Infallible`](std::convert::Infallible) if there is none.
    type Error;

    /// Visits one tensor.
    ///
    /// # Errors
    /// Returns the visitor's own error, which ends the visit.
    fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &Tensor<S, E, D>) -> Result<(), Self::Error>;
}

/// A visitor that changes the tensors of a model; see [`visit_mut`].
pub trait VisitMut<E: Scalar, D: Device<E>> {
    /// The error that ends the visit; [`Infallible`](std::convert::Infallible) if there is none.
    type Error;

    /// Changes one tensor.
    ///
    /// # Errors
    /// Returns the visitor's own error, which ends the visit.
    fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &mut Tensor<S, E, D>) -> Result<(), Self::Error>;
}

/// Visits all tensors of a model in the order of their declaration.
///
/// # Errors
/// Returns the visitor's error.
pub fn visit<M, E, D, V>(model: &M, visitor: &mut V) -> Result<(), V::Error>
where
    M: TensorCollection<E, D>,
    E: Scalar,
    D: Device<E>,
    V: Visit<E, D>,
{
    M::iter_tensors(&mut RecursiveWalker { m: (model, String::new()), f: &mut Look(visitor) }).map(drop)
}

/// Visits all tensors of a model in the order of their declaration, mutably.
///
/// # Errors
/// Returns the visitor's error. Earlier changes are kept.
pub fn visit_mut<M, E, D, V>(model: &mut M, visitor: &mut V) -> Result<(), V::Error>
where
    M: TensorCollection<E, D>,
    E: Scalar,
    D: Device<E>,
    V: VisitMut<E, D>,
{
    M::iter_tensors(&mut RecursiveWalker { m: (model, String::new()), f: &mut Change(visitor) }).map(drop)
}

struct Look<'a, V>(&'a mut V);

impl<E: Scalar, D: Device<E>, V: Visit<E, D>> TensorVisitor<E, D> for Look<'_, V> {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = V::Error;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        (tensor, name): (&Tensor<S, E, D>, String),
    ) -> Result<Option<Tensor<S, E, D>>, V::Error> {
        let place = Place { path: path(&name), trained: options.do_gradient_update };
        self.0.tensor(place, tensor).map(|()| None)
    }
}

struct Change<'a, V>(&'a mut V);

impl<E: Scalar, D: Device<E>, V: VisitMut<E, D>> TensorVisitor<E, D> for Change<'_, V> {
    type Viewer = (ViewTensorMut, ViewTensorName);
    type Err = V::Error;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        (tensor, name): (&mut Tensor<S, E, D>, String),
    ) -> Result<Option<Tensor<S, E, D>>, V::Error> {
        let place = Place { path: path(&name), trained: options.do_gradient_update };
        self.0.tensor(place, tensor).map(|()| None)
    }
}

/// In a tuple, dfdx ends the path of a bare tensor with a dot.
pub(crate) fn path(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}
