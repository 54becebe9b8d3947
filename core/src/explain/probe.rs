//! Values and gradients of a network up to a target.

use dfdx::shapes::Rank0;
use dfdx::tensor::{Gradients, PutTape};
use dfdx::tensor_ops::{Backward, SumTo, TryMul};

use super::{ExplainError, Target};
use crate::hook::{At, Hookable, Hooks};
use crate::host::{number, wide};
use crate::run::backend::Backend;
use crate::run::value::Value;
use crate::{DynTensor, Scalar};

pub(super) type Outcome<T, D> = Result<T, ExplainError<<D as dfdx::tensor::HasErr>::Err>>;
pub(super) type Network<'a, E, D> = &'a dyn Hookable<E, D>;

/// A network up to a place.
pub(super) struct Probe<'a, E: Scalar, D: Backend<E>> {
    network: Network<'a, E, D>,
    pub hooks: Hooks<E, D>,
}

/// The numbers of a value, with its sizes.
pub(super) struct Numbers<E> {
    pub dims: Vec<usize>,
    pub list: Vec<E>,
}

impl<'a, E: Scalar, D: Backend<E>> Probe<'a, E, D> {
    /// The network up to a place, or all of it.
    pub fn new(network: Network<'a, E, D>, until: Option<&At>) -> Outcome<Self, D> {
        let inputs = network.graph().inputs();
        if inputs.len() != 1 || inputs[0].shape.is_ids() {
            let found: Vec<String> = inputs.iter().map(|port| format!("`{}` {}", port.name, port.shape)).collect();
            return Err(ExplainError::Inputs { graph: network.graph().name.to_string(), found: found.join(", ") });
        }
        let mut hooks = Hooks::new();
        if let Some(at) = until {
            hooks.until([at.clone()]);
        }
        Ok(Self { network, hooks })
    }

    /// The name of the network.
    pub fn name(&self) -> &str {
        &self.network.graph().name
    }

    /// The value at the place.
    pub fn value(&self, x: &Value<E, D>) -> Outcome<Value<E, D>, D> {
        let mut values = self.hooks.infer(self.network, vec![x.clone()])?;
        Ok(values.swap_remove(0))
    }

    /// The target's number for each sample.
    pub fn scores(&self, x: &Value<E, D>, target: &Target) -> Outcome<Vec<E>, D> {
        let value = self.value(x)?;
        let weights: Vec<E> = target.weights(self.name(), value.dims())?;
        Ok(sums(&value.to_vec(), &weights, value.dims()[0]))
    }

    /// The target's number for each sample, and the gradient of each by its sample.
    pub fn gradient(&self, x: &Value<E, D>, target: &Target) -> Outcome<(Vec<E>, Vec<E>), D> {
        let mut scores = Vec::new();
        let gradient = self.pull(x, |value| {
            let weights: Vec<E> = target.weights(self.name(), &value.dims)?;
            scores = sums(&value.list, &weights, value.dims[0]);
            Ok(weights)
        })?;
        Ok((scores, gradient))
    }

    /// The gradient by the input, for the gradient of the value that `seed` gives.
    pub fn pull(&self, x: &Value<E, D>, seed: impl FnOnce(&Numbers<E>) -> Outcome<Vec<E>, D>) -> Outcome<Vec<E>, D> {
        let tape = x.taped(Gradients::leaky())?;
        let (mut values, mut tapes) = self.hooks.record(self.network, vec![x.clone()], tape)?;
        let (value, tape) = (values.swap_remove(0), tapes.swap_remove(0));
        let seed = seed(&Numbers { dims: value.dims().to_vec(), list: value.to_vec() })?;
        let device = value.device().clone();
        let shape = (seed.len(),);
        let seed = device.try_tensor_from_vec(seed, shape)?;
        let loss = value.flat().put_tape(tape).try_mul(seed)?.try_sum::<Rank0, _>()?;
        let mut gradients = loss.try_backward()?;
        // There is no gradient if the value does not depend on the input.
        let x = x.flat();
        gradients.try_alloc_for(&x)?;
        Ok(gradients.get(&x).as_vec())
    }
}

/// For each sample, the sum of the products.
fn sums<E: Scalar>(values: &[E], weights: &[E], batch: usize) -> Vec<E> {
    let each = values.len() / batch;
    let sum = |(values, weights): (&[E], &[E])| number(values.iter().zip(weights).map(|(&v, &w)| wide(v) * wide(w)).sum());
    values.chunks_exact(each).zip(weights.chunks_exact(each)).map(sum).collect()
}

/// A tensor of these numbers.
pub(super) fn tensor<E: Scalar, D: Backend<E>>(device: &D, numbers: Vec<E>, dims: &[usize]) -> Outcome<DynTensor<E, D>, D> {
    Ok(value(device, numbers, dims)?.into())
}

/// A value of these numbers.
pub(super) fn value<E: Scalar, D: Backend<E>>(device: &D, numbers: Vec<E>, dims: &[usize]) -> Outcome<Value<E, D>, D> {
    let shape = (numbers.len(),);
    let (value, _) = Value::erase(device.try_tensor_from_vec(numbers, shape)?)?;
    Ok(value.with_dims(dims.to_vec()))
}
