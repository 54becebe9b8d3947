//! The policy gradient of whole episodes.

use std::path::Path;

use layercake::AnyNetwork;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::actor_critic::{Weights, policy_loss};
use super::config::in_range;
use super::dqn::with_episodes;
use super::forward::{batch, drawn, fits, outputs, taped};
use super::variance::gradient_variance;
use super::{Stage, TEST_SEEDS, load_places, save_places};
use crate::data::{Array, stream};
use crate::rl::{Finished, Trajectory, Vectorized};
use crate::{Metrics, Pass, Seeded, Task, TrainError};

/// What is subtracted from the returns. It does not change the expected gradient, but its variance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// Nothing.
    None,
    /// A moving average of the returns of all steps.
    Average,
    /// The value of the state, which the network learns.
    #[default]
    Learned,
}

impl Baseline {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Average, Self::Learned];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Average => "average",
            Self::Learned => "learned",
        }
    }
}

/// The settings of [`Reinforce`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReinforceConfig {
    /// The factor on the rewards of later steps.
    pub discount: f64,
    /// Episodes in an update.
    pub episodes: usize,
    /// What is subtracted from the returns.
    pub baseline: Baseline,
    /// The share of the old average that [`Baseline::Average`] keeps in an update.
    pub keep: f64,
    /// The weight of the squared error of the values, for [`Baseline::Learned`].
    pub value_weight: f64,
    /// The weight of the policy's entropy: a bonus for trying different actions.
    pub entropy: f64,
}

/// The settings for CartPole in the model zoo.
impl Default for ReinforceConfig {
    fn default() -> Self {
        Self { discount: 0.99, episodes: 8, baseline: Baseline::Learned, keep: 0.9, value_weight: 0.5, entropy: 0.0 }
    }
}

impl ReinforceConfig {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        let Self { discount, episodes, keep, value_weight, entropy, .. } = *self;
        in_range(
            &[("episodes", episodes)],
            &[("discount", discount), ("keep", keep)],
            &[("value_weight", value_weight), ("entropy", entropy)],
        )
    }
}

/// REINFORCE (Williams, 1992): plays whole episodes, and makes each action likelier in proportion to the return that followed it, less a baseline.
///
/// The network takes observations `[batch, ..]` and returns the logits of the actions `[batch, actions]` and a value `[batch, 1]`. The value is trained for
/// [`Baseline::Learned`] only; otherwise what computes it alone must be frozen ([`Optim::freeze`](layercake::optim::Optim::freeze)), since it gets no
/// gradient. A batch of the trainer is a number of episodes, [`Turns`](super::Turns) an epoch of episodes.
#[derive(Debug)]
pub struct Reinforce {
    config: ReinforceConfig,
    seed: u64,
    stage: Stage,
    lanes: Vectorized,
    /// The moving average of the returns; `None` before the first update.
    average: Option<f32>,
}

/// The episodes of an update.
pub(super) struct Played {
    pub episodes: Vec<Trajectory>,
    pub finished: Vec<Finished>,
    /// For each episode the values of its observations, by the network.
    pub values: Vec<Vec<f64>>,
    /// The value of the last observation of each episode that was cut off.
    pub after: Vec<f64>,
}

impl Reinforce {
    /// An agent that has not acted yet. `seed` is that of the episodes and of the actions.
    ///
    /// # Errors
    /// Returns an error if a setting is out of range.
    pub fn new(stage: Stage, config: ReinforceConfig, seed: u64) -> Result<Self, TrainError> {
        config.check()?;
        let lanes = stage.vectorized(config.episodes, seed);
        Ok(Self { config, seed, stage, lanes, average: None })
    }

    /// The returns of each step of an episode.
    fn returns(&self, played: &Played, number: usize) -> Vec<f64> {
        played.episodes[number].returns(self.config.discount, |_| played.after[number])
    }

    /// The advantages of each step of an episode by a baseline.
    fn advantages(&self, played: &Played, number: usize, baseline: Baseline) -> Vec<f32> {
        let returns = self.returns(played, number);
        let average = f64::from(self.average.unwrap_or(0.0));
        let less = |(total, value): (f64, &f64)| match baseline {
            Baseline::None => total,
            Baseline::Average => total - average,
            Baseline::Learned => total - value,
        };
        returns.into_iter().zip(&played.values[number]).map(less).map(|advantage| advantage as f32).collect()
    }
}

/// Plays one episode in each environment, all of which are at the beginning of one. The values count for a learned baseline only.
fn play<M, D>(lanes: &mut Vectorized, model: &M, device: &D, learned: bool, random: &mut StdRng) -> Result<Played, TrainError>
where
    M: AnyNetwork<f32, D>,
    D: Seeded,
{
    let (count, actions) = (lanes.count(), lanes.actions());
    let mut episodes = vec![Trajectory::default(); count];
    let (mut values, mut after) = (vec![Vec::new(); count], vec![0.0; count]);
    let mut finished = Vec::new();
    let mut open: Vec<usize> = (0..count).collect();
    while !open.is_empty() {
        let observations = batch(lanes.observation_space(), open.iter().map(|&number| lanes.observation(number)));
        let outputs = outputs(model, device, observations)?;
        let mut still = Vec::with_capacity(open.len());
        for (&number, (logits, &value)) in open.iter().zip(outputs[0].chunks(actions).zip(&outputs[1])) {
            let (step, done) = lanes.step(number, drawn(logits, random))?;
            values[number].push(f64::from(value));
            episodes[number].steps.push(step);
            match done {
                Some(episode) => finished.push(episode),
                None => still.push(number),
            }
        }
        open = still;
    }
    let last = |episode: &Trajectory| episode.steps[episode.steps.len() - 1].clone();
    for (episode, after) in episodes.iter().zip(&mut after).filter(|(episode, _)| learned && last(episode).truncated) {
        let next = last(episode).next;
        *after = f64::from(self::outputs(model, device, batch(lanes.observation_space(), std::iter::once(&next[..])))?[1][0]);
    }
    Ok(Played { episodes, finished, values, after })
}

impl<M, D> Task<M, D> for Reinforce
where
    M: AnyNetwork<f32, D> + Clone,
    D: Seeded,
{
    type Batch = usize;
    const UNIT: &'static str = "episodes";

    fn check(&self, model: &M) -> Result<(), TrainError> {
        fits(model.network_graph(), &*self.stage.make(), &[("the actions", self.lanes.actions()), ("the value", 1)])
    }

    fn loss(&mut self, model: &mut M, turns: usize, pass: Pass<D>) -> Result<crate::Step<D>, TrainError> {
        let config = self.config;
        let learned = config.baseline == Baseline::Learned;
        let played = play(&mut self.lanes, model, &pass.device, learned, &mut stream("act", self.seed, [pass.step as u64, 0]))?;
        let returns: Vec<f32> = (0..config.episodes).flat_map(|number| self.returns(&played, number)).map(|total| total as f32).collect();
        let mean = returns.iter().sum::<f32>() / returns.len() as f32;
        // The first average is that of the first episodes: there is nothing before.
        let before = self.average.unwrap_or(mean);
        self.average = Some(before);
        let advantages: Vec<f32> = (0..config.episodes).flat_map(|number| self.advantages(&played, number, config.baseline)).collect();
        self.average = Some(config.keep as f32 * before + (1.0 - config.keep as f32) * mean);
        let steps = || played.episodes.iter().flat_map(|episode| &episode.steps);
        let observations = batch(self.lanes.observation_space(), steps().map(|step| &step.observation[..]));
        let actions: Vec<usize> = steps().map(|step| step.action).collect();
        let outputs = taped(model, &pass.device, observations, pass.gradients)?;
        let weights = Weights { value: if learned { config.value_weight } else { 0.0 }, entropy: config.entropy };
        let (loss, metrics) = policy_loss(outputs, &actions, advantages, returns, weights)?;
        let mut step = crate::Step::new(loss, turns);
        step.metrics.extend(metrics.iter());
        Ok(with_episodes(step, &played.finished))
    }

    /// Beside the returns, for each baseline the variance of the gradient of one episode, by the same episodes and the same policy.
    fn validate(&mut self, model: &M, device: &D) -> Result<Metrics, TrainError> {
        let mut metrics = self.stage.validate(model, device, &self.lanes)?;
        let mut lanes = self.stage.vectorized(self.config.episodes, super::dqn::seed_of("variance", self.seed, 0));
        let learned = self.config.baseline == Baseline::Learned;
        let mut random = stream("variance", self.seed, [0, 0]);
        let played = play(&mut lanes, model, device, learned, &mut random)?;
        let known = Baseline::ALL.into_iter().filter(|baseline| learned || *baseline != Baseline::Learned);
        for baseline in known {
            let advantages = |number| self.advantages(&played, number, baseline);
            let variance = gradient_variance(model, device, lanes.observation_space(), &played.episodes, advantages)?;
            metrics.set(&format!("variance_{}", baseline.name()), variance);
        }
        Ok(metrics)
    }

    fn evaluate(&mut self, model: &M, device: &D) -> Result<Metrics, TrainError> {
        self.stage.evaluate(model, device, TEST_SEEDS)
    }

    fn draw(&mut self, model: &M, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        self.stage.draw(model, device, folder, last)
    }

    fn state(&self) -> Vec<(String, Array<f32>)> {
        self.average.map(|average| ("average".to_owned(), Array::new(vec![1], vec![average]))).into_iter().collect()
    }

    fn load_state(&mut self, state: Vec<(String, Array<f32>)>, _device: &D) -> Result<(), String> {
        self.average = match &state[..] {
            [] => None,
            [(name, array)] if name == "average" && array.shape() == [1] => Some(array.as_slice()[0]),
            _ => return Err("expected the average of the returns alone".to_owned()),
        };
        Ok(())
    }

    fn save_files(&self, folder: &Path) -> Result<(), TrainError> {
        save_places(&self.lanes, folder)
    }

    fn load_files(&mut self, folder: &Path, _: &M) -> Result<(), TrainError> {
        load_places(&mut self.lanes, folder)
    }
}
