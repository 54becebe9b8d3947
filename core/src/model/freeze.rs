//! Frozen parameters.

use std::any::Any;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::optim::{Optimizer, OptimizerUpdateError, UnusedTensors};
use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Gradients, Tensor};
use dfdx::tensor_ops::Device;

use super::{Model, Place, VisitMut, pattern, visit_mut};
use crate::Scalar;

/// Which parameters are frozen, by path.
///
/// It holds paths and no tensors, so it applies to the same parameters in a clone of the model, in one that was moved to another device, and in one
/// that was loaded from a file.
///
/// A pattern matches a whole path, or the part of it before a dot: `encoder` matches `encoder.conv1.weight`, `encoder.conv1.bias`, ... `*` matches
/// any characters: `*.bias`, `blocks.*.norm`. If several rules match, the last one applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frozen {
    rules: Vec<(String, bool)>,
}

/// A pattern matches no parameter of the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` matches no parameter; this model has {}", listed(.paths))]
pub struct NoSuchParameter {
    /// The pattern.
    pub pattern: String,
    /// The paths of the model's parameters.
    pub paths: Vec<String>,
}

/// The first few paths.
fn listed(paths: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut names: Vec<String> = paths.iter().take(SHOWN).map(|path| format!("`{path}`")).collect();
    if paths.len() > SHOWN {
        names.push(format!("and {} more", paths.len() - SHOWN));
    }
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl Frozen {
    /// No parameter.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Freezes the parameters that match a pattern, and returns the number of these tensors.
    ///
    /// # Errors
    /// Returns an error if no parameter of the model matches the pattern. Nothing is changed then.
    pub fn freeze<M: Model<E, D>, E: Scalar, D: Device<E>>(&mut self, model: &M, pattern: &str) -> Result<usize, NoSuchParameter> {
        self.rule(model, pattern, true)
    }

    /// Unfreezes the parameters that match a pattern, and returns the number of these tensors.
    ///
    /// # Errors
    /// Returns an error if no parameter of the model matches the pattern. Nothing is changed then.
    pub fn unfreeze<M: Model<E, D>, E: Scalar, D: Device<E>>(&mut self, model: &M, pattern: &str) -> Result<usize, NoSuchParameter> {
        self.rule(model, pattern, false)
    }

    fn rule<M: Model<E, D>, E: Scalar, D: Device<E>>(&mut self, model: &M, pattern: &str, freeze: bool) -> Result<usize, NoSuchParameter> {
        let paths: Vec<String> = model.named_parameters().iter().map(|parameter| parameter.path().to_owned()).collect();
        let count = paths.iter().filter(|path| pattern::means(pattern, path)).count();
        if count == 0 {
            return Err(NoSuchParameter { pattern: pattern.to_owned(), paths });
        }
        // A repeated rule would only make the list longer.
        self.rules.retain(|(old, _)| old != pattern);
        self.rules.push((pattern.to_owned(), freeze));
        Ok(count)
    }

    /// Whether the parameter with this path is frozen.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.rules.iter().rev().find(|(pattern, _)| pattern::means(pattern, path)).is_some_and(|&(_, frozen)| frozen)
    }

    /// The number of elements of a model's parameters that are not frozen.
    pub fn trained_count<M: Model<E, D>, E: Scalar, D: Device<E>>(&self, model: &M) -> usize {
        let parameters = model.named_parameters();
        parameters.iter().filter(|parameter| !self.contains(parameter.path())).map(super::Named::element_count).sum()
    }
}

/// Wraps an optimizer and keeps frozen parameters unchanged: weight decay and momentum do not move them either, and it is no error if they have no
/// gradient. Their gradients are ignored and not added to the optimizer's averages. After unfreezing, their state is new.
///
/// This is for dfdx's optimizers and others that implement its trait. Those of [`optim`](crate::optim) have
/// [`Optim::freeze`](crate::optim::Optim::freeze).
///
/// Buffers are not parameters: to freeze the running statistics of batch normalization, use `forward_eval`.
///
/// ```
/// use layercake::dfdx::optim::{Adam, AdamConfig};
/// use layercake::prelude::*;
///
/// network! { Net: [4] -> [2] { body: Linear(8), Tanh, head: Linear(2) } }
///
/// let device = Cpu::seed_from_u64(0);
/// let mut net = Net::new(&device);
/// let mut optimizer = model::Freezing::new(Adam::new(&net, AdamConfig::default()));
/// optimizer.frozen.freeze(&net, "body")?;
/// let before = (net.body.weight.as_vec(), net.head.weight.as_vec());
///
/// let x: Tensor<Rank2<3, 4>, f32, _> = device.sample_normal();
/// let loss = net.forward_mut(x.leaky_trace()).square().mean();
/// optimizer.update(&mut net, &loss.backward())?;
/// assert_eq!(net.body.weight.as_vec(), before.0);
/// assert_ne!(net.head.weight.as_vec(), before.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Freezing<O> {
    /// The wrapped optimizer.
    pub optimizer: O,
    /// The frozen parameters.
    pub frozen: Frozen,
}

impl<O> Freezing<O> {
    /// Wraps an optimizer; nothing is frozen yet.
    pub fn new(optimizer: O) -> Self {
        Self { optimizer, frozen: Frozen::none() }
    }
}

impl<O, M, E, D> Optimizer<M, D, E> for Freezing<O>
where
    O: Optimizer<M, D, E>,
    M: TensorCollection<E, D>,
    E: Scalar,
    D: Device<E>,
{
    fn update(&mut self, model: &mut M, gradients: &Gradients<E, D>) -> Result<(), OptimizerUpdateError<D::Err>> {
        let mut hide = Hide { frozen: &self.frozen, hidden: Vec::new(), strangers: UnusedTensors::default() };
        let hidden = visit_mut(model, &mut hide);
        let Hide { hidden: kept, strangers, .. } = hide;
        // If hiding failed half-way, all hidden parameters are put back too.
        let updated = match hidden {
            Ok(()) => self.optimizer.update(model, gradients),
            Err(error) => Err(OptimizerUpdateError::DeviceError(error)),
        };
        let Ok(()) = visit_mut(model, &mut Restore { frozen: &self.frozen, kept: kept.into_iter() });
        match updated {
            Err(OptimizerUpdateError::UnusedParams(mut unused)) => {
                unused.ids.retain(|id| !strangers.ids.contains(id));
                unused.into()
            }
            other => other,
        }
    }
}

/// Replaces each frozen parameter by a placeholder. The placeholder has no gradient, so optimizers skip it and report it.
struct Hide<'a> {
    frozen: &'a Frozen,
    /// The frozen parameters, each a `Tensor` of its own type.
    hidden: Vec<Box<dyn Any>>,
    strangers: UnusedTensors,
}

impl<E: Scalar, D: Device<E>> VisitMut<E, D> for Hide<'_> {
    type Error = D::Err;

    fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err> {
        if place.trained && self.frozen.contains(place.path) {
            let stranger = tensor.device().try_zeros_like(tensor.shape())?;
            self.strangers.add(&stranger);
            self.hidden.push(Box::new(std::mem::replace(tensor, stranger)));
        }
        Ok(())
    }
}

/// Puts the frozen parameters back, in the same order.
struct Restore<'a> {
    frozen: &'a Frozen,
    kept: std::vec::IntoIter<Box<dyn Any>>,
}

impl<E: Scalar, D: Device<E>> VisitMut<E, D> for Restore<'_> {
    type Error = std::convert::Infallible;

    fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &mut Tensor<S, E, D>) -> Result<(), Self::Error> {
        if place.trained
            && self.frozen.contains(place.path)
            && let Some(kept) = self.kept.next()
        {
            *tensor = *kept.downcast().expect("the walk meets the same tensors in the same order");
        }
        Ok(())
    }
}
