//! The policy gradient with learned advantages.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::{TryAdd, TryMul, TrySub};
use layercake::loss::{CrossEntropy, Loss, Mse, try_entropy};
use layercake::prelude::*;
use serde::{Deserialize, Serialize};

use super::config::in_range;
use super::dqn::with_episodes;
use super::forward::{Column, Mean, Taped, batch, column, drawn, fits, outputs, taped};
use super::{Stage, TEST_SEEDS, load_places, save_places};
use crate::data::stream;
use crate::error::OnDevice;
use crate::rl::{Trajectory, Vectorized};
use crate::{Metrics, Pass, Seeded, Task, TrainError};

/// The settings of [`ActorCritic`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActorCriticConfig {
    /// The factor on the rewards of later steps.
    pub discount: f64,
    /// The decay of the generalized advantages ([`Trajectory::advantages`]).
    pub lambda: f64,
    /// Environments at once.
    pub environments: usize,
    /// Steps of each environment in an update.
    pub steps: usize,
    /// Whether the advantages of an update are scaled to a standard deviation of 1 around 0.
    pub normalize: bool,
    /// The weight of the squared error of the values.
    pub value_weight: f64,
    /// The weight of the policy's entropy: a bonus for trying different actions.
    pub entropy: f64,
}

/// The settings for CartPole in the model zoo.
impl Default for ActorCriticConfig {
    fn default() -> Self {
        Self { discount: 0.99, lambda: 0.95, environments: 8, steps: 16, normalize: true, value_weight: 0.5, entropy: 0.01 }
    }
}

impl ActorCriticConfig {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        let Self { discount, lambda, environments, steps, value_weight, entropy, .. } = *self;
        let weights = [("value_weight", value_weight), ("entropy", entropy)];
        in_range(&[("environments", environments), ("steps", steps)], &[("discount", discount), ("lambda", lambda)], &weights)
    }

    /// Steps in an update, of all environments.
    pub fn steps_per_update(&self) -> usize {
        self.environments * self.steps
    }
}

/// Advantage actor-critic, the synchronous form of A3C (Mnih et al., 2016): several environments take a few steps each; actions become likelier by their
/// advantage over the value that the network learns.
///
/// The network takes observations `[batch, ..]` and returns the logits of the actions `[batch, actions]` and a value `[batch, 1]`. A batch of the trainer
/// must be [`ActorCriticConfig::steps_per_update`] steps ([`Turns`](super::Turns)).
#[derive(Debug)]
pub struct ActorCritic {
    config: ActorCriticConfig,
    seed: u64,
    stage: Stage,
    lanes: Vectorized,
}

impl ActorCritic {
    /// An agent that has not acted yet. `seed` is that of the episodes and of the actions.
    ///
    /// # Errors
    /// Returns an error if a setting is out of range.
    pub fn new(stage: Stage, config: ActorCriticConfig, seed: u64) -> Result<Self, TrainError> {
        config.check()?;
        let lanes = stage.vectorized(config.environments, seed);
        Ok(Self { config, seed, stage, lanes })
    }
}

impl<M, D> Task<M, D> for ActorCritic
where
    M: AnyNetwork<f32, D>,
    D: Seeded,
{
    type Batch = usize;
    const UNIT: &'static str = "steps";

    fn check(&self, model: &M) -> Result<(), TrainError> {
        fits(model.network_graph(), &*self.stage.make(), &[("the actions", self.lanes.actions()), ("the value", 1)])
    }

    fn loss(&mut self, model: &mut M, turns: usize, pass: Pass<D>) -> Result<crate::Step<D>, TrainError> {
        let ActorCriticConfig { discount, lambda, environments, steps, normalize, value_weight, entropy } = self.config;
        if turns != self.config.steps_per_update() {
            let reason = format!("a batch of {turns} steps; the agent takes {steps} in each of {environments} environments");
            return Err(TrainError::Setting(reason));
        }
        let mut random = stream("act", self.seed, [pass.step as u64, 0]);
        let actions = self.lanes.actions();
        let mut paths = vec![Trajectory::default(); environments];
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); environments];
        let mut finished = Vec::new();
        let space = self.lanes.observation_space().clone();
        for _ in 0..steps {
            let observations = batch(&space, (0..environments).map(|number| self.lanes.observation(number)));
            let outputs = outputs(model, &pass.device, observations)?;
            for (number, (logits, &value)) in outputs[0].chunks(actions).zip(&outputs[1]).enumerate() {
                let (step, done) = self.lanes.step(number, drawn(logits, &mut random))?;
                values[number].push(f64::from(value));
                paths[number].steps.push(step);
                finished.extend(done);
            }
        }
        // The values of what follows the last steps and those that were cut off, in one pass.
        let all = || paths.iter().flat_map(|path| path.steps.iter().enumerate());
        let asked = |(t, step): &(usize, &crate::rl::Transition)| step.truncated || t + 1 == steps;
        let nexts = batch(&space, all().filter(asked).map(|(_, step)| &step.next[..]));
        let mut following = outputs(model, &pass.device, nexts)?.swap_remove(1).into_iter();
        let after: Vec<f64> = all().map(|step| if asked(&step) { following.next().map_or(0.0, f64::from) } else { 0.0 }).collect();
        let mut advantages: Vec<f64> = Vec::with_capacity(turns);
        for (number, (path, values)) in paths.iter().zip(&values).enumerate() {
            advantages.extend(path.advantages(discount, lambda, values, |t| after[number * steps + t]));
        }
        let targets = advantages.iter().zip(values.iter().flatten()).map(|(advantage, value)| (advantage + value) as f32).collect();
        if normalize {
            standardize(&mut advantages);
        }
        let advantages = advantages.into_iter().map(|advantage| advantage as f32).collect();
        let observations = batch(&space, all().map(|(_, step)| &step.observation[..]));
        let taken: Vec<usize> = all().map(|(_, step)| step.action).collect();
        let outputs = taped(model, &pass.device, observations, pass.gradients)?;
        let (loss, metrics) = policy_loss(outputs, &taken, advantages, targets, Weights { value: value_weight, entropy })?;
        let mut step = crate::Step::new(loss, turns);
        step.metrics.extend(metrics.iter());
        Ok(with_episodes(step, &finished))
    }

    fn validate(&mut self, model: &M, device: &D) -> Result<Metrics, TrainError> {
        self.stage.validate(model, device, &self.lanes)
    }

    fn evaluate(&mut self, model: &M, device: &D) -> Result<Metrics, TrainError> {
        self.stage.evaluate(model, device, TEST_SEEDS)
    }

    fn draw(&mut self, model: &M, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        self.stage.draw(model, device, folder, last)
    }

    fn save_files(&self, folder: &Path) -> Result<(), TrainError> {
        save_places(&self.lanes, folder)
    }

    fn load_files(&mut self, folder: &Path, _: &M) -> Result<(), TrainError> {
        load_places(&mut self.lanes, folder)
    }
}

/// The weights of the parts of a policy's loss.
#[derive(Clone, Copy)]
pub(super) struct Weights {
    pub value: f64,
    pub entropy: f64,
}

/// The mean over the steps of `-advantage * ln p(action)`, plus the weighted squared error of the values, less the weighted entropy. `outputs` are the
/// logits `[batch, actions]` and the values `[batch, 1]`. Also returns the entropy and, if it counts, the error of the values.
pub(super) fn policy_loss<D: Seeded>(
    mut outputs: Vec<Taped<D>>,
    actions: &[usize],
    advantages: Vec<f32>,
    targets: Vec<f32>,
    weights: Weights,
) -> Result<(Mean<D>, Metrics), TrainError> {
    let (values, logits) = (outputs.swap_remove(1), outputs.swap_remove(0));
    let device = logits.device().clone();
    let entropies: Column<D, OwnedTape<f32, D>> = try_entropy(logits.retaped::<OwnedTape<f32, D>>()).on_device()?;
    let entropy = entropies.try_mean::<Rank0, _>().on_device()?;
    let mut metrics = Metrics::new().with("entropy", f64::from(entropy.as_vec()[0]));
    let unlikely: Column<D, OwnedTape<f32, D>> = CrossEntropy::default().try_each(logits, actions).on_device()?;
    let policy = unlikely.try_mul(column(&device, advantages)?).on_device()?.try_mean::<Rank0, _>().on_device()?;
    let mut loss = policy.try_sub(entropy.try_mul(weights.entropy as f32).on_device()?).on_device()?;
    if weights.value > 0.0 {
        let targets: Tensor<(usize, usize), f32, D> = device.try_tensor_from_vec(targets, (actions.len(), 1)).on_device()?;
        let error = Mse.try_mean(values, targets).on_device()?;
        metrics.set("value_error", f64::from(error.as_vec()[0]));
        loss = loss.try_add(error.try_mul(weights.value as f32).on_device()?).on_device()?;
    }
    Ok((loss, metrics))
}

/// Scales numbers to a mean of 0 and a standard deviation of 1.
fn standardize(numbers: &mut [f64]) {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let deviation = (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
    numbers.iter_mut().for_each(|x| *x = (*x - mean) / (deviation + 1e-8));
}
