//! Where an agent acts, and the episodes that evaluate it.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use layercake::AnyNetwork;
use layercake::prelude::*;

use super::draw::{StateMap, record};
use super::forward::{batch, best, outputs};
use crate::rl::vectorized::check;
use crate::rl::{Environment, Finished, Vectorized};
use crate::{Metrics, TrainError};

/// The seeds of the 100 episodes of a test. No agent is trained in them or selected by them.
pub const TEST_SEEDS: Range<u64> = 10_000..10_100;
/// The seeds of the 50 episodes of a validation, by which the best weights are selected.
pub const VALIDATION_SEEDS: Range<u64> = 20_000..20_050;

/// An environment for an agent: made as often as there are environments at once.
#[derive(Clone)]
pub struct Stage {
    make: Arc<dyn Fn() -> Box<dyn Environment> + Send + Sync>,
    pub(super) map: Option<StateMap>,
}

impl Stage {
    /// The environment that this function makes.
    pub fn new<E: Environment + 'static>(make: impl Fn() -> E + Send + Sync + 'static) -> Self {
        Self { make: Arc::new(move || Box::new(make())), map: None }
    }

    /// Two axes of the states, over which the agent's values are drawn.
    #[must_use]
    pub fn with_map(self, map: Option<StateMap>) -> Self {
        Self { map, ..self }
    }

    /// Makes the environment.
    pub fn make(&self) -> Box<dyn Environment> {
        (self.make)()
    }

    pub(super) fn vectorized(&self, count: usize, seed: u64) -> Vectorized {
        Vectorized::new(|| self.make(), count, seed)
    }

    /// Plays the episodes of these seeds without exploration: `mean_return`, `return_deviation` and `mean_length`.
    ///
    /// # Errors
    /// The same as [`play`].
    pub fn evaluate<N, D>(&self, network: &N, device: &D, seeds: Range<u64>) -> Result<Metrics, TrainError>
    where
        N: AnyNetwork<f32, D>,
        D: Backend<f32>,
    {
        let episodes = play(network, device, || self.make(), seeds)?;
        let mean = |of: fn(&Finished) -> f64| episodes.iter().map(of).sum::<f64>() / episodes.len() as f64;
        let (reward, steps) = (mean(|episode| episode.reward), mean(|episode| episode.steps as f64));
        let square = episodes.iter().map(|episode| (episode.reward - reward).powi(2)).sum::<f64>() / episodes.len() as f64;
        Ok(Metrics::new().with("mean_return", reward).with("return_deviation", square.sqrt()).with("mean_length", steps))
    }

    /// Plays the validation episodes, and states the steps that the agent has learned from: `environment_steps`.
    pub(super) fn validate<N, D>(&self, network: &N, device: &D, learned_in: &Vectorized) -> Result<Metrics, TrainError>
    where
        N: AnyNetwork<f32, D>,
        D: Backend<f32>,
    {
        Ok(self.evaluate(network, device, VALIDATION_SEEDS)?.with("environment_steps", learned_in.steps() as f64))
    }

    /// The pictures of a run: the maps, and after the last epoch an animation.
    pub(super) fn draw<N, D>(&self, network: &N, device: &D, folder: &Path, last: bool) -> Result<(), TrainError>
    where
        N: AnyNetwork<f32, D>,
        D: Backend<f32>,
    {
        if let Some(map) = &self.map {
            map.draw(network, device)?.save(&folder.join("values.png"))?;
        }
        let environment = self.make();
        if !last || environment.picture().is_none() {
            return Ok(());
        }
        record(network, device, environment, TEST_SEEDS.start, |_| {})?.save(&folder.join("episode.png"))
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("map", &self.map).finish_non_exhaustive()
    }
}

/// Plays an episode for each seed, always with the action whose output is largest: the first output of the network has a number for each action. All
/// episodes are played side by side.
///
/// # Errors
/// Returns an error if the device fails, or an environment returns what it must not.
pub fn play<N, D>(
    network: &N,
    device: &D,
    make: impl Fn() -> Box<dyn Environment>,
    seeds: impl IntoIterator<Item = u64>,
) -> Result<Vec<Finished>, TrainError>
where
    N: AnyNetwork<f32, D>,
    D: Backend<f32>,
{
    let mut episodes = Vec::new();
    // The number of the episode, the environment and its observation.
    let mut open = Vec::new();
    for seed in seeds {
        let mut environment = make();
        let observation = environment.reset(seed);
        check(&environment.observation_space(), &observation, 0.0)?;
        open.push((episodes.len(), environment, observation));
        episodes.push(Finished { reward: 0.0, steps: 0 });
    }
    let Some((_, first, _)) = open.first() else { return Ok(episodes) };
    let (space, actions) = (first.observation_space(), first.actions());
    while !open.is_empty() {
        let scores = outputs(network, device, batch(&space, open.iter().map(|(.., observation)| &observation[..])))?.swap_remove(0);
        let mut still = Vec::with_capacity(open.len());
        for ((number, mut environment, _), scores) in open.into_iter().zip(scores.chunks(actions)) {
            let step = environment.step(best(scores));
            check(&space, &step.observation, step.reward)?;
            episodes[number].reward += step.reward;
            episodes[number].steps += 1;
            if !step.is_last() {
                still.push((number, environment, step.observation));
            }
        }
        open = still;
    }
    Ok(episodes)
}
