//! The step that all optimizers take alike.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::optim::{Optimizer, OptimizerUpdateError, UnusedTensors};
use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Cpu, Gradients, Storage, Tensor, UniqueId};
use dfdx::tensor_ops::Device;

use super::clip::{self, Clip};
use super::groups::Group;
use super::presence::has_gradient;
use super::rule::{At, Rule};
use super::state::{self, Buffers, State};
use crate::model::{Frozen, Model, NoSuchParameter, Place, Visit, VisitMut, pattern, visit, visit_mut};
use crate::value::Value;
use crate::{Scalar, host};

/// An optimizer: the formula `R` with its options, and what it remembers of each parameter. It knows parameters by their paths, so it goes
/// on with a clone of the model, or with one loaded from a file.
#[derive(Clone, Debug)]
pub struct Optim<R, E: Scalar = f32, D: Device<E> = Cpu> {
    /// The options. A schedule sets `cfg.lr` before each step.
    pub cfg: R,
    /// What is done to gradients that are too large. Frozen parameters do not count in the norm.
    pub clip: Option<Clip>,
    /// The parameters that stay as they are: see [`Optim::freeze`].
    pub frozen: Frozen,
    pub(super) groups: Vec<(String, Group)>,
    pub(super) states: BTreeMap<String, State<E, D>>,
    /// The tensors whose gradient was there when they were first met.
    met: BTreeSet<UniqueId>,
    scratch: Vec<E>,
}

/// Why a step could not be taken, or not for all parameters.
#[derive(Debug, thiserror::Error)]
pub enum StepError<Err: Debug + Display> {
    /// Parameters without a gradient: the loss does not depend on them. All others are updated.
    #[error("no gradient for {}: the loss does not depend on them; freeze them if that is meant", listed(.paths))]
    NoGradient {
        /// Their paths.
        paths: Vec<String>,
        /// The same for dfdx.
        unused: UnusedTensors,
    },
    /// The device failed.
    #[error("{0}")]
    Device(Err),
}

fn listed(paths: &[String]) -> String {
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}

impl<R: Rule, E: Scalar, D: Device<E>> Optim<R, E, D> {
    /// An optimizer for a model. It remembers nothing of the model: it only takes its types from it.
    pub fn new<M: TensorCollection<E, D>>(_: &M, cfg: R) -> Self {
        Self {
            cfg,
            clip: None,
            frozen: Frozen::none(),
            groups: Vec::new(),
            states: BTreeMap::new(),
            met: BTreeSet::new(),
            scratch: Vec::new(),
        }
    }

    /// Updates the parameters that a pattern means otherwise than the rest: `head`, `*.bias` ([`Frozen`] tells what patterns mean). Of
    /// several groups with a parameter the last one counts.
    ///
    /// # Errors
    /// If the pattern means no parameter of the model.
    pub fn group<M: TensorCollection<E, D>>(&mut self, model: &M, pattern: &str, group: Group) -> Result<(), NoSuchParameter> {
        let paths: Vec<String> = model.named_parameters().iter().map(|parameter| parameter.path().to_owned()).collect();
        if !paths.iter().any(|path| pattern::means(pattern, path)) {
            return Err(NoSuchParameter { pattern: pattern.to_owned(), paths });
        }
        self.groups.push((pattern.to_owned(), group));
        Ok(())
    }

    /// Leaves the parameters that a pattern means as they are; their averages too.
    ///
    /// # Errors
    /// If the pattern means no parameter of the model.
    pub fn freeze<M: TensorCollection<E, D>>(&mut self, model: &M, pattern: &str) -> Result<(), NoSuchParameter> {
        self.frozen.freeze(model, pattern).map(drop)
    }

    /// Goes on with parameters that were frozen, with the averages that they had.
    ///
    /// # Errors
    /// If the pattern means no parameter of the model.
    pub fn unfreeze<M: TensorCollection<E, D>>(&mut self, model: &M, pattern: &str) -> Result<(), NoSuchParameter> {
        self.frozen.unfreeze(model, pattern).map(drop)
    }

    /// Updates the parameters. Clipping changes the gradients.
    ///
    /// # Errors
    /// If parameters have no gradient, or the device fails.
    pub fn step<M: TensorCollection<E, D>>(&mut self, model: &mut M, gradients: &mut Gradients<E, D>) -> Result<(), StepError<D::Err>> {
        let mut prepare = Prepare { optimizer: self, gradients, missing: Vec::new(), unused: UnusedTensors::default(), squares: 0.0 };
        visit(&*model, &mut prepare).map_err(StepError::Device)?;
        let Prepare { missing, unused, squares, .. } = prepare;
        let clip = self.clip.map(|clip| clip.given(squares.sqrt()));
        let mut apply = Apply { optimizer: self, gradients, missing: &missing, clip };
        visit_mut(model, &mut apply).map_err(StepError::Device)?;
        if missing.is_empty() { Ok(()) } else { Err(StepError::NoGradient { paths: missing, unused }) }
    }

    /// The options of one parameter's next step.
    fn at(&self, path: &str, step: u64) -> At {
        let group = self.groups.iter().rev().find(|(pattern, _)| pattern::means(pattern, path)).map(|&(_, group)| group);
        let group = group.unwrap_or_default();
        At::new(step, self.cfg.lr() * group.lr_scale, group.decay(self.cfg.weight_decay()))
    }
}

/// Looks for the gradients, makes the states, and measures the norm if it is wanted.
struct Prepare<'a, R, E: Scalar, D: Device<E>> {
    optimizer: &'a mut Optim<R, E, D>,
    gradients: &'a mut Gradients<E, D>,
    missing: Vec<String>,
    unused: UnusedTensors,
    squares: f64,
}

impl<R: Rule, E: Scalar, D: Device<E>> Visit<E, D> for Prepare<'_, R, E, D> {
    type Error = D::Err;

    fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &Tensor<S, E, D>) -> Result<(), D::Err> {
        let optimizer = &mut *self.optimizer;
        if !place.trained || optimizer.frozen.contains(place.path) {
            return Ok(());
        }
        let mut id = UnusedTensors::default();
        id.add(tensor);
        if !optimizer.met.contains(&id.ids[0]) {
            if !has_gradient(self.gradients, tensor)? {
                self.missing.push(place.path.to_owned());
                self.unused.add(tensor);
                return Ok(());
            }
            optimizer.met.insert(id.ids[0]);
        }
        if !optimizer.states.contains_key(place.path) {
            let len = <D as Storage<E>>::len(tensor.device(), self.gradients.get_or_alloc_mut(tensor)?);
            let buffers = Buffers::new(Buffers::<E, D>::first(&optimizer.cfg, len), tensor.device())?;
            optimizer.states.insert(place.path.to_owned(), State { steps: 0, buffers });
        }
        if matches!(optimizer.clip, Some(Clip::Norm(_))) {
            self.squares += clip::squares(self.gradients, tensor)?;
        }
        Ok(())
    }
}

/// Updates the parameters.
struct Apply<'a, R, E: Scalar, D: Device<E>> {
    optimizer: &'a mut Optim<R, E, D>,
    gradients: &'a mut Gradients<E, D>,
    missing: &'a [String],
    clip: Option<clip::Action>,
}

impl<R: Rule, E: Scalar, D: Device<E>> VisitMut<E, D> for Apply<'_, R, E, D> {
    type Error = D::Err;

    fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err> {
        let optimizer = &mut *self.optimizer;
        let path = place.path;
        if !place.trained || optimizer.frozen.contains(path) || self.missing.iter().any(|missing| missing == path) {
            return Ok(());
        }
        let steps = optimizer.states.get(path).map_or(0, |state| state.steps) + 1;
        let at = optimizer.at(path, steps);
        let state = optimizer.states.get_mut(path).expect("made a moment ago");
        state.steps = steps;
        match &mut state.buffers {
            Buffers::Host(buffers) => {
                let storage = self.gradients.get_or_alloc_mut(tensor)?;
                let g = host::numbers_mut::<E, D>(storage).expect("a state on the host is of a tensor on the host");
                if let Some(clip) = &self.clip {
                    clip.apply(g);
                }
                optimizer.scratch.resize(g.len(), E::default());
                tensor.copy_into(&mut optimizer.scratch);
                state::update(&optimizer.cfg, at, &mut optimizer.scratch, g, buffers);
                tensor.copy_from(&optimizer.scratch);
            }
            Buffers::Device(buffers) => {
                let shape = *tensor.shape();
                let mut g = Value::erase(self.gradients.get(&*tensor))?.0.flat();
                if let Some(clip) = &self.clip {
                    g = clip.portable(g)?;
                }
                let (p, _) = Value::erase(tensor.clone())?;
                let delta = Value::erase(optimizer.cfg.portable(at, &p.flat(), g, buffers)?)?.0;
                // In place, so that the tensor keeps its identity and with it its gradient.
                tensor.try_axpy(1.0, &delta.restore(&shape)?, -1.0)?;
            }
        }
        Ok(())
    }
}

/// For loops that are written for dfdx's optimizers. It copies the gradients, which [`Optim::step`] does not.
impl<R: Rule, M: TensorCollection<E, D>, E: Scalar, D: Device<E>> Optimizer<M, D, E> for Optim<R, E, D> {
    fn update(&mut self, model: &mut M, gradients: &Gradients<E, D>) -> Result<(), OptimizerUpdateError<D::Err>> {
        self.step(model, &mut gradients.clone()).map_err(|error| match error {
            StepError::NoGradient { unused, .. } => OptimizerUpdateError::UnusedParams(unused),
            StepError::Device(error) => OptimizerUpdateError::DeviceError(error),
        })
    }
}
