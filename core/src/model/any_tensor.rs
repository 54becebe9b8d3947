//! Tensors of a model without their shapes.
//!
//! Optimizers, averages and files treat all tensors alike. Written for [`AnyTensor`] their code is compiled once, and not for each shape of each
//! network; for a network there are two walks, [`each`] and [`each_mut`], whatever is done with its tensors.

use dfdx::nn::tensor_collection::{
    RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut, ViewTensorName, ViewTensorRef,
};
use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Gradients, Storage, Tensor, UniqueId};
use dfdx::tensor_ops::Device;

use super::visit::{Place, path};
use crate::ident::id;
use crate::run::slot::Slot;
use crate::run::value::Value;
use crate::{Scalar, layout};

/// A tensor of any shape.
pub(crate) trait AnyTensor<E: Scalar, D: Device<E>> {
    fn shape(&self) -> Vec<usize>;

    fn element_count(&self) -> usize {
        self.shape().iter().product()
    }

    fn id(&self) -> UniqueId;

    fn device(&self) -> &D;

    /// The elements in row-major order.
    fn read(&self) -> Vec<E>;

    /// Overwrites the elements in row-major order; see [`layout::write`].
    fn write(&mut self, elements: &[E]) -> Result<(), D::Err>;

    /// Whether the tensor is contiguous.
    fn is_in_order(&self) -> Result<bool, D::Err>;

    /// Copies the elements in the order of the memory.
    fn copy_into(&self, elements: &mut [E]);

    /// Overwrites the elements in the order of the memory.
    fn copy_from(&mut self, elements: &[E]);

    /// The tensor as a value, which shares memory and identity if the tensor is contiguous.
    fn value(&self) -> Result<Value<E, D>, D::Err>;

    /// The memory of its gradient.
    fn gradient<'g>(&self, gradients: &'g mut Gradients<E, D>) -> Result<&'g mut <D as Storage<E>>::Vec, D::Err>;

    /// Its gradient, which must exist.
    fn gradient_value(&self, gradients: &Gradients<E, D>) -> Result<Value<E, D>, D::Err>;

    /// In place: `scale * self + other_scale * other`. Both are contiguous.
    fn axpy(&mut self, scale: f64, other: Value<E, D>, other_scale: f64) -> Result<(), D::Err>;

    /// Adam's step, in place, by dfdx's kernel, without its corrections for the first steps.
    fn adam(
        &mut self,
        config: &dfdx::optim::AdamConfig,
        averages: [&mut <D as Storage<E>>::Vec; 2],
        gradient: &<D as Storage<E>>::Vec,
    ) -> Result<(), D::Err>;

    /// The step of SGD with momentum, in place, by dfdx's kernel.
    fn sgd(
        &mut self,
        config: &dfdx::optim::SgdConfig,
        velocity: &mut <D as Storage<E>>::Vec,
        gradient: &<D as Storage<E>>::Vec,
    ) -> Result<(), D::Err>;

    /// Gives it memory of its own: see [`crate::cuda::owned::own`]. It and `like` are contiguous and have as many elements.
    #[cfg(feature = "cuda")]
    fn own(&mut self, like: &Value<E, D>) -> Result<(), D::Err>;

    /// The tensor as a slot for values of the same size.
    fn slot(&mut self) -> &mut dyn Slot<E, D>;

    fn boxed(&self) -> Box<dyn AnyTensor<E, D>>;
}

impl<S: Shape, E: Scalar, D: Device<E>> AnyTensor<E, D> for Tensor<S, E, D> {
    fn shape(&self) -> Vec<usize> {
        HasShape::shape(self).concrete().into()
    }

    fn id(&self) -> UniqueId {
        id(self)
    }

    fn device(&self) -> &D {
        self.device()
    }

    fn read(&self) -> Vec<E> {
        self.as_vec()
    }

    fn write(&mut self, elements: &[E]) -> Result<(), D::Err> {
        layout::write(self, elements)
    }

    fn is_in_order(&self) -> Result<bool, D::Err> {
        layout::is_in_order(self)
    }

    fn copy_into(&self, elements: &mut [E]) {
        self.copy_into(elements);
    }

    fn copy_from(&mut self, elements: &[E]) {
        self.copy_from(elements);
    }

    fn value(&self) -> Result<Value<E, D>, D::Err> {
        Ok(Value::erase(self.clone())?.0)
    }

    fn gradient<'g>(&self, gradients: &'g mut Gradients<E, D>) -> Result<&'g mut <D as Storage<E>>::Vec, D::Err> {
        gradients.get_or_alloc_mut(self)
    }

    fn gradient_value(&self, gradients: &Gradients<E, D>) -> Result<Value<E, D>, D::Err> {
        Ok(Value::erase(gradients.get(self))?.0)
    }

    fn axpy(&mut self, scale: f64, other: Value<E, D>, other_scale: f64) -> Result<(), D::Err> {
        let other = other.restore(HasShape::shape(self))?;
        self.try_axpy(scale, &other, other_scale)
    }

    fn adam(
        &mut self,
        config: &dfdx::optim::AdamConfig,
        [first, second]: [&mut <D as Storage<E>>::Vec; 2],
        gradient: &<D as Storage<E>>::Vec,
    ) -> Result<(), D::Err> {
        // The corrections of the last step that it can count are 1.
        config.try_update(i32::MAX, self, first, second, gradient)
    }

    fn sgd(
        &mut self,
        config: &dfdx::optim::SgdConfig,
        velocity: &mut <D as Storage<E>>::Vec,
        gradient: &<D as Storage<E>>::Vec,
    ) -> Result<(), D::Err> {
        config.try_update(self, velocity, gradient)
    }

    #[cfg(feature = "cuda")]
    fn own(&mut self, like: &Value<E, D>) -> Result<(), D::Err> {
        let like = like.clone().restore(HasShape::shape(self))?;
        crate::cuda::owned::own(self, &like);
        Ok(())
    }

    fn slot(&mut self) -> &mut dyn Slot<E, D> {
        self
    }

    fn boxed(&self) -> Box<dyn AnyTensor<E, D>> {
        Box::new(self.clone())
    }
}

/// Calls `work` with each tensor of a model, in the order of their declaration.
///
/// # Errors
/// Returns the first error of `work`, which ends the walk.
pub(crate) fn each<M, E, D, Error>(
    model: &M,
    mut work: impl FnMut(Place<'_>, &dyn AnyTensor<E, D>) -> Result<(), Error>,
) -> Result<(), Error>
where
    M: TensorCollection<E, D>,
    E: Scalar,
    D: Device<E>,
{
    let mut outcome = Ok(());
    let mut work = |place: Place<'_>, tensor: &dyn AnyTensor<E, D>| {
        outcome = work(place, tensor);
        outcome.is_ok()
    };
    // The walk fails where `work` does, and then `outcome` says why.
    _ = M::iter_tensors(&mut RecursiveWalker { m: (model, String::new()), f: &mut Look(&mut work) });
    outcome
}

/// [`each`], mutably. Changes before an error are kept.
///
/// # Errors
/// Returns the first error of `work`, which ends the walk.
pub(crate) fn each_mut<M, E, D, Error>(
    model: &mut M,
    mut work: impl FnMut(Place<'_>, &mut dyn AnyTensor<E, D>) -> Result<(), Error>,
) -> Result<(), Error>
where
    M: TensorCollection<E, D>,
    E: Scalar,
    D: Device<E>,
{
    let mut outcome = Ok(());
    let mut work = |place: Place<'_>, tensor: &mut dyn AnyTensor<E, D>| {
        outcome = work(place, tensor);
        outcome.is_ok()
    };
    _ = M::iter_tensors(&mut RecursiveWalker { m: (model, String::new()), f: &mut Change(&mut work) });
    outcome
}

/// The end of a walk.
struct Stop;

fn unless_stopped<T>(goes_on: bool) -> Result<Option<T>, Stop> {
    if goes_on { Ok(None) } else { Err(Stop) }
}

struct Look<'a, E: Scalar, D: Device<E>>(&'a mut dyn FnMut(Place<'_>, &dyn AnyTensor<E, D>) -> bool);

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Look<'_, E, D> {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = Stop;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        (tensor, name): (&Tensor<S, E, D>, String),
    ) -> Result<Option<Tensor<S, E, D>>, Stop> {
        unless_stopped((self.0)(Place { path: path(&name), trained: options.do_gradient_update }, tensor))
    }
}

struct Change<'a, E: Scalar, D: Device<E>>(&'a mut dyn FnMut(Place<'_>, &mut dyn AnyTensor<E, D>) -> bool);

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Change<'_, E, D> {
    type Viewer = (ViewTensorMut, ViewTensorName);
    type Err = Stop;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        (tensor, name): (&mut Tensor<S, E, D>, String),
    ) -> Result<Option<Tensor<S, E, D>>, Stop> {
        unless_stopped((self.0)(Place { path: path(&name), trained: options.do_gradient_update }, tensor))
    }
}
