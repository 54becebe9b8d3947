//! Tensors with their paths.

use std::convert::Infallible;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use super::{Place, Visit, VisitMut, visit, visit_mut};
use crate::run::slot::Slot;
use crate::run::value::Value;
use crate::{Scalar, layout};

/// A tensor of a model, with its path. It shares memory and identity with the model's tensor, so they have the same gradient.
#[derive(Clone, Debug)]
pub struct Named<E: Scalar, D: Device<E>> {
    path: String,
    trained: bool,
    value: Value<E, D>,
}

impl<E: Scalar, D: Device<E>> Named<E, D> {
    /// The path: `encoder.conv1.weight`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether optimizers change it.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.trained
    }

    /// The sizes of its axes.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.value.dims()
    }

    /// The number of elements.
    #[must_use]
    pub fn element_count(&self) -> usize {
        self.shape().iter().product()
    }

    /// A copy of its elements, in row-major order.
    #[must_use]
    pub fn to_vec(&self) -> Vec<E> {
        self.value.flat().as_vec()
    }

    /// The tensor as one axis. Memory and identity are those of the model's tensor.
    #[must_use]
    pub fn flat(&self) -> Tensor<(usize,), E, D> {
        self.value.flat()
    }
}

/// A tensor of a model, with its path, mutable.
pub struct NamedMut<'a, E: Scalar, D: Device<E>> {
    place: Place<'a>,
    tensor: &'a mut dyn Untyped<E, D>,
}

impl<E: Scalar, D: Device<E>> NamedMut<'_, E, D> {
    /// The path: `encoder.conv1.weight`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.place.path
    }

    /// Whether optimizers change it.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.place.trained
    }

    /// The sizes of its axes.
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        self.tensor.sizes()
    }

    /// A copy of its elements, in row-major order.
    #[must_use]
    pub fn to_vec(&self) -> Vec<E> {
        self.tensor.read()
    }

    /// Overwrites its elements, in row-major order. The tensor keeps its identity, and with it its gradient and the optimizer's state.
    ///
    /// # Panics
    /// Panics if the number of elements differs.
    pub fn copy_from(&mut self, elements: &[E]) {
        let count: usize = self.shape().iter().product();
        assert_eq!(elements.len(), count, "`{}` has {count} elements", self.path());
        self.tensor.write(elements);
    }

    /// The tensor as a slot for values of the same size.
    pub fn slot(&mut self) -> &mut dyn Slot<E, D> {
        self.tensor.slot()
    }
}

impl<E: Scalar, D: Device<E>> std::fmt::Debug for NamedMut<'_, E, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NamedMut").field("place", &self.place).field("shape", &self.shape()).finish()
    }
}

/// A tensor of any shape.
trait Untyped<E: Scalar, D: Device<E>> {
    fn sizes(&self) -> Vec<usize>;
    fn read(&self) -> Vec<E>;
    fn write(&mut self, elements: &[E]);
    fn slot(&mut self) -> &mut dyn Slot<E, D>;
}

impl<S: Shape, E: Scalar, D: Device<E>> Untyped<E, D> for Tensor<S, E, D> {
    fn sizes(&self) -> Vec<usize> {
        self.shape().concrete().into()
    }

    fn read(&self) -> Vec<E> {
        self.as_vec()
    }

    fn write(&mut self, elements: &[E]) {
        layout::write(self, elements).unwrap_or_else(|error| panic!("{error}"));
    }

    fn slot(&mut self) -> &mut dyn Slot<E, D> {
        self
    }
}

/// All tensors of a model.
pub(super) fn collect<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(model: &M) -> Vec<Named<E, D>> {
    let mut collector = Collector(Vec::new());
    visit(model, &mut collector).expect("reading a tensor of a model allocates nothing");
    collector.0
}

struct Collector<E: Scalar, D: Device<E>>(Vec<Named<E, D>>);

impl<E: Scalar, D: Device<E>> Visit<E, D> for Collector<E, D> {
    type Error = D::Err;

    fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &Tensor<S, E, D>) -> Result<(), D::Err> {
        let (value, _) = Value::erase(tensor.clone())?;
        self.0.push(Named { path: place.path.to_owned(), trained: place.trained, value });
        Ok(())
    }
}

/// Calls `work` with each tensor of a model.
pub(super) fn for_each_mut<M, E, D>(model: &mut M, work: impl FnMut(NamedMut<'_, E, D>))
where
    M: TensorCollection<E, D>,
    E: Scalar,
    D: Device<E>,
{
    let Ok(()) = visit_mut(model, &mut Each(work));
}

struct Each<F>(F);

impl<E: Scalar, D: Device<E>, F: FnMut(NamedMut<'_, E, D>)> VisitMut<E, D> for Each<F> {
    type Error = Infallible;

    fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &mut Tensor<S, E, D>) -> Result<(), Infallible> {
        (self.0)(NamedMut { place, tensor });
        Ok(())
    }
}
