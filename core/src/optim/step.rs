//! The step, common to all optimizers.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::optim::{Optimizer, OptimizerUpdateError, UnusedTensors};
use dfdx::tensor::{Cpu, Gradients};
use dfdx::tensor_ops::Device;

use super::apply::Apply;
use super::clip::{self, Clip, Squares};
use super::groups::Group;
use super::option::InvalidOption;
use super::presence::{Look, Presence};
use super::rule::{At, Rule};
use super::share::{self, Share};
use super::state::{Buffers, State};
use crate::Scalar;
use crate::device_error::DeviceError;
use crate::model::any_tensor::{AnyTensor, each, each_mut};
use crate::model::{Frozen, Model, NoSuchParameter, Place, pattern};

/// An optimizer: the formula `R` with its options, and the state of each parameter. Parameters are identified by their paths, so the optimizer also
/// works with a clone of the model, or with one loaded from a file.
#[derive(Clone, Debug)]
pub struct Optim<R, E: Scalar = f32, D: Device<E> = Cpu> {
    /// The options. A schedule sets `cfg.lr` before each step.
    pub cfg: R,
    /// Gradient clipping. Frozen parameters do not count in the norm.
    pub clip: Option<Clip>,
    /// The frozen parameters: see [`Optim::freeze`].
    pub frozen: Frozen,
    pub(super) groups: Vec<(String, Group)>,
    pub(super) states: BTreeMap<String, State<E, D>>,
    /// What is updated here: see [`Optim::share`].
    pub(super) share: Share,
    presence: Presence<E, D>,
    pub(super) scratch: Vec<E>,
}

/// Why a step failed, or left parameters out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError<Err: Debug + Display + 'static> {
    /// An option is out of its range, such as a learning rate below 0. Nothing is updated.
    #[error("{0}")]
    InvalidOption(#[from] InvalidOption),
    /// Parameters that never had a gradient, because the loss does not depend on them. All others are updated.
    #[error("no gradient for {}: the loss does not depend on them; freeze them if that is intended", listed(.paths))]
    NoGradient {
        /// Their paths.
        paths: Vec<String>,
        /// The same for dfdx.
        unused: UnusedTensors,
    },
    /// The device failed.
    #[error("{}", DeviceError::of(.0))]
    Device(Err),
}

fn listed(paths: &[String]) -> String {
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}

impl<R: Rule, E: Scalar, D: Device<E>> Optim<R, E, D> {
    /// An optimizer for a model. The model is used only for its types.
    pub fn new<M: TensorCollection<E, D>>(_: &M, cfg: R) -> Self {
        Self {
            cfg,
            clip: None,
            frozen: Frozen::none(),
            groups: Vec::new(),
            states: BTreeMap::new(),
            share: Share::default(),
            presence: Presence::default(),
            scratch: Vec::new(),
        }
    }

    /// Sets other options for the parameters that match a pattern: `head`, `*.bias` ([`Frozen`] describes patterns). If a parameter is in several
    /// groups, the last one applies.
    ///
    /// # Errors
    /// Returns an error if no parameter of the model matches the pattern.
    pub fn group<M: TensorCollection<E, D>>(&mut self, model: &M, pattern: &str, group: Group) -> Result<(), NoSuchParameter> {
        let paths: Vec<String> = model.named_parameters().iter().map(|parameter| parameter.path().to_owned()).collect();
        if !paths.iter().any(|path| pattern::means(pattern, path)) {
            return Err(NoSuchParameter { pattern: pattern.to_owned(), paths });
        }
        self.groups.push((pattern.to_owned(), group));
        Ok(())
    }

    /// Freezes the parameters that match a pattern: a step leaves them and their averages as they are.
    ///
    /// # Errors
    /// Returns an error if no parameter of the model matches the pattern.
    pub fn freeze<M: TensorCollection<E, D>>(&mut self, model: &M, pattern: &str) -> Result<(), NoSuchParameter> {
        self.frozen.freeze(model, pattern).map(drop)
    }

    /// Unfreezes the parameters that match a pattern. Their averages are those that they had before.
    ///
    /// # Errors
    /// Returns an error if no parameter of the model matches the pattern.
    pub fn unfreeze<M: TensorCollection<E, D>>(&mut self, model: &M, pattern: &str) -> Result<(), NoSuchParameter> {
        self.frozen.unfreeze(model, pattern).map(drop)
    }

    /// Updates the parameters. Clipping changes the gradients.
    ///
    /// A parameter that had a gradient in an earlier step and has none in this one is not changed, nor is its state, as in PyTorch.
    ///
    /// # Errors
    /// Returns an error if parameters never had a gradient, if an option is out of its range, or if the device fails.
    pub fn step<M: TensorCollection<E, D>>(&mut self, model: &mut M, gradients: &mut Gradients<E, D>) -> Result<(), StepError<D::Err>> {
        self.step_scaled(model, gradients, 1.0)
    }

    /// [`Optim::step`] with the gradients multiplied by a factor: for gradients that were summed over batches, if their denominator is known only
    /// now. The factor changes the gradients, as clipping does.
    ///
    /// # Errors
    /// The same as [`Optim::step`].
    pub fn step_scaled<M: TensorCollection<E, D>>(
        &mut self,
        model: &mut M,
        gradients: &mut Gradients<E, D>,
        factor: f64,
    ) -> Result<(), StepError<D::Err>> {
        self.cfg.check()?;
        self.clip.map_or(Ok(()), Clip::check)?;
        self.groups.iter().try_for_each(|(_, group)| group.check())?;
        let mut collect = Collect { optimizer: self, looks: Vec::new(), device: None };
        each(model, |place, tensor| collect.tensor(place, tensor)).map_err(StepError::Device)?;
        let Collect { looks, device, .. } = collect;
        let Some(device) = device else { return Ok(()) };
        self.presence.forget_others(looks.len());
        let present = self.presence.find(looks, gradients, &device).map_err(StepError::Device)?;
        #[cfg(feature = "cuda")]
        if super::fused::serves(self) && self.are_in_order(model).map_err(StepError::Device)? {
            let mut fused = super::fused::Fused::new(self, gradients, &present);
            each_mut(model, |place, tensor| fused.tensor(place, tensor)).map_err(StepError::Device)?;
            fused.launch(factor).map_err(StepError::Device)?;
            let (paths, unused) = (fused.missing, fused.unused);
            return if paths.is_empty() { Ok(()) } else { Err(StepError::NoGradient { paths, unused }) };
        }
        let (missing, unused) = (Vec::new(), UnusedTensors::default());
        let (place, squares) = (share::Place::default(), Squares::default());
        let mut prepare = Prepare { optimizer: self, gradients, present: present.iter(), place, missing, unused, squares };
        each(model, |place, tensor| prepare.tensor(place, tensor)).map_err(StepError::Device)?;
        let Prepare { missing, unused, squares, .. } = prepare;
        let clip = self.clip.map(|clip| clip.given(factor * squares.total().sqrt()));
        let scale = clip::Action::Scale(factor);
        let mut apply = Apply { optimizer: self, gradients, present: present.iter(), place: share::Place::default(), scale, clip };
        each_mut(model, |place, tensor| apply.tensor(place, tensor)).map_err(StepError::Device)?;
        if missing.is_empty() { Ok(()) } else { Err(StepError::NoGradient { paths: missing, unused }) }
    }

    /// Whether all parameters that are updated are contiguous.
    #[cfg(feature = "cuda")]
    fn are_in_order<M: TensorCollection<E, D>>(&self, model: &M) -> Result<bool, D::Err> {
        let mut all = true;
        each(model, |place, tensor| {
            all = all && (!self.moves(place) || tensor.is_in_order()?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Whether this is a parameter that is updated.
    pub(super) fn moves(&self, place: Place<'_>) -> bool {
        place.trained && !self.frozen.contains(place.path)
    }

    /// The options of one parameter's next step.
    pub(super) fn at(&self, path: &str, step: u64) -> At {
        let group = self.groups.iter().rev().find(|(pattern, _)| pattern::means(pattern, path)).map(|&(_, group)| group);
        let group = group.unwrap_or_default();
        At::new(step, self.cfg.lr() * group.lr_scale, group.decay(self.cfg.weight_decay()))
    }
}

/// Lists the parameters that are updated if they have gradients.
struct Collect<'a, R, E: Scalar, D: Device<E>> {
    optimizer: &'a mut Optim<R, E, D>,
    looks: Vec<Look<E, D, D::Err>>,
    device: Option<D>,
}

impl<R: Rule, E: Scalar, D: Device<E>> Collect<'_, R, E, D> {
    fn tensor(&mut self, place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), D::Err> {
        if self.optimizer.moves(place) {
            self.looks.push(self.optimizer.presence.expect(tensor)?);
            self.device.get_or_insert_with(|| tensor.device().clone());
        }
        Ok(())
    }
}

/// Creates the states, and computes the norm if it is needed.
struct Prepare<'a, R, E: Scalar, D: Device<E>> {
    optimizer: &'a mut Optim<R, E, D>,
    gradients: &'a mut Gradients<E, D>,
    /// For each parameter that is updated, in order, whether it has a gradient.
    present: std::slice::Iter<'a, bool>,
    place: share::Place,
    missing: Vec<String>,
    unused: UnusedTensors,
    squares: Squares<E, D>,
}

pub(super) const AS_OFTEN: &str = "a model has as many parameters each time it is walked through";

impl<R: Rule, E: Scalar, D: Device<E>> Prepare<'_, R, E, D> {
    fn tensor(&mut self, place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), D::Err> {
        let optimizer = &mut *self.optimizer;
        let own = if place.trained { self.place.next(&optimizer.share, tensor.element_count()) } else { 0..0 };
        if !optimizer.moves(place) {
            return Ok(());
        }
        let known = optimizer.states.contains_key(place.path);
        if !self.present.next().expect(AS_OFTEN) {
            if !known {
                self.missing.push(place.path.to_owned());
                self.unused.ids.push(tensor.id());
            }
            return Ok(());
        }
        if !known {
            let buffers = Buffers::<E, D>::first(&optimizer.cfg, own.len());
            let in_place = optimizer.cfg.kernel::<E>(optimizer.at(place.path, 1)).is_some();
            let buffers = Buffers::new(buffers, tensor.device(), in_place)?;
            optimizer.states.insert(place.path.to_owned(), State { steps: 0, buffers });
        }
        if matches!(optimizer.clip, Some(Clip::Norm(_))) {
            self.squares.add(self.gradients, tensor)?;
        }
        Ok(())
    }
}

/// For loops that are written for dfdx's optimizers. This copies the gradients; [`Optim::step`] does not.
///
/// # Panics
/// Panics if an option is out of its range.
impl<R: Rule, M: TensorCollection<E, D>, E: Scalar, D: Device<E>> Optimizer<M, D, E> for Optim<R, E, D> {
    fn update(&mut self, model: &mut M, gradients: &Gradients<E, D>) -> Result<(), OptimizerUpdateError<D::Err>> {
        self.step(model, &mut gradients.clone()).map_err(|error| match error {
            StepError::NoGradient { unused, .. } => OptimizerUpdateError::UnusedParams(unused),
            StepError::Device(error) => OptimizerUpdateError::DeviceError(error),
            // dfdx has no error for this.
            StepError::InvalidOption(option) => panic!("{option}"),
        })
    }
}
