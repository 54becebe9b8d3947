//! Tensors with their paths.

use std::convert::Infallible;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use super::Place;
use super::any_tensor::{AnyTensor, each, each_mut};
use crate::Scalar;
use crate::run::slot::Slot;
use crate::run::value::Value;

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

    pub(crate) fn into_value(self) -> Value<E, D> {
        self.value
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
    tensor: &'a mut dyn AnyTensor<E, D>,
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
        self.tensor.shape()
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
        self.tensor.write(elements).unwrap_or_else(|error| panic!("{error}"));
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

/// All tensors of a model.
pub(super) fn collect<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(model: &M) -> Vec<Named<E, D>> {
    let mut list = Vec::new();
    each(model, |place, tensor| add(&mut list, place, tensor)).expect("reading a tensor of a model allocates nothing");
    list
}

fn add<E: Scalar, D: Device<E>>(list: &mut Vec<Named<E, D>>, place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), D::Err> {
    list.push(Named { path: place.path.to_owned(), trained: place.trained, value: tensor.value()? });
    Ok(())
}

/// Calls `work` with each tensor of a model.
pub(super) fn for_each_mut<M, E, D>(model: &mut M, mut work: impl FnMut(NamedMut<'_, E, D>))
where
    M: TensorCollection<E, D>,
    E: Scalar,
    D: Device<E>,
{
    let Ok(()) = each_mut(model, |place, tensor| -> Result<(), Infallible> {
        work(NamedMut { place, tensor });
        Ok(())
    });
}
