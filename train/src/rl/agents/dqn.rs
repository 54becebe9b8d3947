//! Q-learning with a network.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::{TryDiv, TryMul};
use layercake::loss::{Huber, Loss};
use layercake::prelude::*;
use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};

use super::config::in_range;
use super::forward::{Taped, batch, best, fits, outputs, taped};
use super::{Exploration, Stage, TEST_SEEDS, load_places, save_places};
use crate::data::stream;
use crate::error::OnDevice;
use crate::rl::{Finished, Replay, ReplayMemory, Replayed, Vectorized};
use crate::target::{Follow, TargetNetwork};
use crate::{Metrics, Pass, Seeded, Task, TrainError};

const TARGET: &str = "target.safetensors";
const MEMORY: &str = "replay.safetensors";

/// The settings of [`Dqn`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DqnConfig {
    /// The factor on the value of the next state.
    pub discount: f64,
    /// Transitions in the replay memory.
    pub memory: usize,
    /// How transitions are drawn from the memory.
    pub replay: Replay,
    /// Transitions in a batch.
    pub batch_size: usize,
    /// Steps before the first update; they are random.
    pub warm_up: usize,
    /// The probability of a random action, by the steps so far, those of the warm-up included.
    pub exploration: Exploration,
    /// How the target network follows, by the number of updates. [`Follow::copy`] with 1 is as if there were none.
    pub target: Follow,
    /// Whether the network chooses the next action that the target network evaluates (van Hasselt, Guez and Silver, 2016).
    pub double: bool,
    /// Whether checkpoints contain the memory. Without it they are smaller, but a resumed run fills a new memory with the steps of its current policy,
    /// as many as in the warm-up, and has other bits than one that was not interrupted.
    pub keep_memory: bool,
}

/// The settings for CartPole in the model zoo.
impl Default for DqnConfig {
    fn default() -> Self {
        Self {
            discount: 0.99,
            memory: 50_000,
            replay: Replay::Uniform,
            batch_size: 64,
            warm_up: 1000,
            exploration: Exploration { first: 1.0, last: 0.04, steps: 10_000 },
            target: Follow::soft(0.01),
            double: false,
            keep_memory: true,
        }
    }
}

impl DqnConfig {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        let Self { discount, memory, batch_size, warm_up, .. } = *self;
        let mut shares = vec![("discount", discount)];
        if let Replay::Prioritized { alpha, beta } = self.replay {
            shares.extend([("alpha", alpha), ("beta", beta)]);
        }
        in_range(&[("memory", memory), ("batch_size", batch_size), ("warm_up", warm_up)], &shares, &[])?;
        self.exploration.check()?;
        self.target.check()
    }
}

/// A deep Q-network (Mnih et al., 2015): the network estimates for each action the discounted return that follows, and learns from
/// `r + discount * max Q(s', .)` with the Huber loss. The next value is that of a target network, and the transitions are drawn from a replay memory.
///
/// The network takes observations `[batch, ..]` and returns `[batch, actions]`. A batch of the trainer is a number of steps in the environment and then one
/// update ([`Turns`](super::Turns)).
#[derive(Debug)]
pub struct Dqn<M> {
    config: DqnConfig,
    seed: u64,
    stage: Stage,
    lanes: Vectorized,
    memory: ReplayMemory,
    target: Option<TargetNetwork<M>>,
}

impl<M> Dqn<M> {
    /// An agent that has not acted yet. `seed` is that of the episodes, of the exploration and of the draws from the memory.
    ///
    /// # Errors
    /// Returns an error if a setting is out of range.
    pub fn new(stage: Stage, config: DqnConfig, seed: u64) -> Result<Self, TrainError> {
        config.check()?;
        let lanes = stage.vectorized(1, seed);
        let memory = ReplayMemory::new(config.memory, lanes.observation_space(), config.replay);
        Ok(Self { config, seed, stage, lanes, memory, target: None })
    }

    /// Takes a step, at random or by the network, and keeps it.
    fn act<D: Seeded>(&mut self, model: &M, device: &D) -> Result<Option<Finished>, TrainError>
    where
        M: AnyNetwork<f32, D>,
    {
        let mut random = stream("explore", self.seed, [self.lanes.steps() as u64, 0]);
        let (actions, epsilon) = (self.lanes.actions(), self.config.exploration.at(self.lanes.steps()));
        let action = if self.lanes.steps() < self.config.warm_up || random.r#gen::<f64>() < epsilon {
            random.gen_range(0..actions)
        } else {
            let observation = batch(self.lanes.observation_space(), std::iter::once(self.lanes.observation(0)));
            best(&outputs(model, device, observation)?[0])
        };
        let (transition, finished) = self.lanes.step(0, action)?;
        self.memory.push(&transition);
        Ok(finished)
    }

    /// For each transition the number that its action's value is compared with.
    fn targets<D: Seeded>(&self, model: &M, device: &D, drawn: &Replayed) -> Result<Vec<f32>, TrainError>
    where
        M: AnyNetwork<f32, D> + Clone,
    {
        let target = self.target.as_ref().map_or(model, TargetNetwork::network);
        let values = outputs(target, device, drawn.nexts.clone())?.swap_remove(0);
        let actions = self.lanes.actions();
        let chosen = if self.config.double { Some(outputs(model, device, drawn.nexts.clone())?.swap_remove(0)) } else { None };
        let next = |i: usize| {
            let row = i * actions..(i + 1) * actions;
            let choice = best(&chosen.as_ref().unwrap_or(&values)[row.clone()]);
            values[row][choice]
        };
        let each = drawn.rewards.iter().zip(&drawn.terminated).enumerate();
        Ok(each
            .map(|(i, (reward, terminated))| if *terminated { *reward } else { reward + self.config.discount as f32 * next(i) })
            .collect())
    }
}

impl<M, D> Task<M, D> for Dqn<M>
where
    M: AnyNetwork<f32, D> + Clone,
    D: Seeded,
{
    type Batch = usize;
    const UNIT: &'static str = "steps";

    fn check(&self, model: &M) -> Result<(), TrainError> {
        fits(model.network_graph(), &*self.stage.make(), &[("the value of each action", self.lanes.actions())])
    }

    fn loss(&mut self, model: &mut M, turns: usize, pass: Pass<D>) -> Result<crate::Step<D>, TrainError> {
        // At the beginning of a run, and after a checkpoint without the memory.
        while self.memory.len() < self.config.warm_up.min(self.config.memory) {
            self.act(model, &pass.device)?;
        }
        let mut finished = Vec::new();
        for _ in 0..turns {
            finished.extend(self.act(model, &pass.device)?);
        }
        match &mut self.target {
            Some(target) => target.follow(model, pass.step)?,
            None => self.target = Some(TargetNetwork::new(model, self.config.target)),
        }
        let drawn = self.memory.draw(self.config.batch_size, &mut stream("replay", self.seed, [pass.step as u64, 0]));
        let targets = self.targets(model, &pass.device, &drawn)?;
        let predicted = taped(model, &pass.device, drawn.observations.clone(), pass.gradients)?.swap_remove(0);
        let (loss, errors, value) = errors(predicted, &drawn, &targets)?;
        self.memory.learned(&drawn.places, &errors);
        let step = crate::Step::new(loss, turns)
            .with_metric("value", value)
            .with_metric("epsilon", self.config.exploration.at(self.lanes.steps()));
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
        save_places(&self.lanes, folder)?;
        if let Some(target) = &self.target {
            target.save(&folder.join(TARGET))?;
        }
        if self.config.keep_memory { self.memory.save(&folder.join(MEMORY)) } else { Ok(()) }
    }

    fn load_files(&mut self, folder: &Path, model: &M) -> Result<(), TrainError> {
        load_places(&mut self.lanes, folder)?;
        self.target = Some(TargetNetwork::load(model, self.config.target, &folder.join(TARGET))?);
        if self.config.keep_memory { self.memory.load(&folder.join(MEMORY)) } else { Ok(()) }
    }
}

/// The loss; the error of each transition; the mean value of the best actions.
///
/// The loss compares all values with a copy of them in which only those of the actions taken are replaced by their targets: all others have no error and
/// no gradient.
fn errors<D: Seeded>(
    predicted: Taped<D>,
    drawn: &Replayed,
    targets: &[f32],
) -> Result<(super::forward::Mean<D>, Vec<f32>, f64), TrainError> {
    let values = predicted.retaped::<NoneTape>().as_vec();
    let (count, actions) = (targets.len(), values.len() / targets.len());
    let mut compared = values.clone();
    let mut errors = Vec::with_capacity(count);
    for (i, (&action, &target)) in drawn.actions.iter().zip(targets).enumerate() {
        errors.push(values[i * actions + action] - target);
        compared[i * actions + action] = target;
    }
    let device = predicted.device().clone();
    let tensor = |numbers: Vec<f32>| -> Result<Tensor<(usize, usize), f32, D>, TrainError> {
        device.try_tensor_from_vec(numbers, (count, actions)).on_device()
    };
    let compared = tensor(compared)?;
    let sum = match &drawn.weights {
        None => Huber::default().try_sum(predicted, compared).on_device()?,
        Some(weights) => {
            let each = Huber::default().try_each(predicted, compared).on_device()?;
            let weights = tensor(weights.iter().flat_map(|&weight| std::iter::repeat_n(weight, actions)).collect())?;
            each.try_mul(weights).on_device()?.try_sum().on_device()?
        }
    };
    let best = values.chunks(actions).map(|row| f64::from(row[best(row)])).sum::<f64>() / count as f64;
    Ok((sum.try_div(count as f32).on_device()?, errors, best))
}

/// Adds the mean return and length of the episodes that ended.
pub(super) fn with_episodes<D: Storage<f32>>(step: crate::Step<D>, finished: &[Finished]) -> crate::Step<D> {
    let count = finished.len() as f64;
    let mean = |of: fn(&Finished) -> f64| finished.iter().map(of).sum::<f64>() / count;
    step.with_weighted_metric("return", mean(|episode| episode.reward), count).with_weighted_metric(
        "length",
        mean(|episode| episode.steps as f64),
        count,
    )
}

/// A seed for a purpose and a count.
pub(super) fn seed_of(purpose: &str, seed: u64, count: usize) -> u64 {
    stream(purpose, seed, [count as u64, 0]).next_u64()
}
