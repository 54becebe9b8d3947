//! Several environments that are stepped together.

use serde::{Deserialize, Serialize};

use super::{Environment, Space};
use crate::TrainError;
use crate::data::stream;
use rand::RngCore;

/// A step of one of several environments, with what a memory keeps of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// The observation before the action.
    pub observation: Vec<f32>,
    /// The action.
    pub action: usize,
    /// The reward of the action.
    pub reward: f64,
    /// The observation after the action; at the end of an episode the last one, not the first of the next episode.
    pub next: Vec<f32>,
    /// Whether the task ended: the value of `next` is 0.
    pub terminated: bool,
    /// Whether the episode was cut off: the value of `next` is estimated.
    pub truncated: bool,
}

impl Transition {
    /// Whether the episode ended in either way.
    pub fn is_last(&self) -> bool {
        self.terminated || self.truncated
    }
}

/// The sum of the rewards of an episode that ended, and its number of steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finished {
    /// The sum of the rewards, without discount.
    pub reward: f64,
    /// The number of steps.
    pub steps: usize,
}

/// Environments that are stepped together, each of which begins a new episode as soon as one ends.
///
/// The seed of an episode is a function of the seed, the number of the environment and the number of the episode.
pub struct Vectorized {
    lanes: Vec<Lane>,
    steps: usize,
    seed: u64,
    space: Space,
    actions: usize,
}

struct Lane {
    environment: Box<dyn Environment>,
    observation: Vec<f32>,
    reward: f64,
    place: Place,
}

/// Where an environment is: from this its state is found again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Place {
    /// The number of the episode, counted from 0.
    episode: u64,
    /// The actions of the episode so far.
    actions: Vec<u32>,
    /// What the environment kept from the episodes before.
    memory: Vec<f64>,
}

/// The places of all environments, for checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Places {
    steps: usize,
    each: Vec<Place>,
}

impl Vectorized {
    /// `count` environments, each at the beginning of its first episode.
    ///
    /// # Panics
    /// Panics if the count is 0.
    pub fn new(make: impl Fn() -> Box<dyn Environment>, count: usize, seed: u64) -> Self {
        assert!(count > 0, "expected at least 1 environment");
        let lane = |_| Lane { environment: make(), observation: Vec::new(), reward: 0.0, place: Place::default() };
        let mut lanes: Vec<Lane> = (0..count).map(lane).collect();
        for (number, lane) in lanes.iter_mut().enumerate() {
            lane.begin(seed, number);
        }
        let (space, actions) = (lanes[0].environment.observation_space(), lanes[0].environment.actions());
        Self { lanes, steps: 0, seed, space, actions }
    }

    /// The number of environments.
    pub fn count(&self) -> usize {
        self.lanes.len()
    }

    /// The steps taken so far, in all environments together.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The observations of each environment.
    pub fn observation_space(&self) -> &Space {
        &self.space
    }

    /// The number of actions of each environment.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// The current observation of an environment.
    ///
    /// # Panics
    /// Panics if there is no environment of this number.
    pub fn observation(&self, number: usize) -> &[f32] {
        &self.lanes[number].observation
    }

    /// Takes an action in one environment, and begins its next episode if this one ended. Returns the step, and the episode if it ended.
    ///
    /// # Errors
    /// Returns an error if the observation does not have the space's size, or if it or the reward is NaN or infinite.
    ///
    /// # Panics
    /// Panics if there is no environment of this number.
    pub fn step(&mut self, number: usize, action: usize) -> Result<(Transition, Option<Finished>), TrainError> {
        let lane = &mut self.lanes[number];
        let step = lane.environment.step(action);
        check(&self.space, &step.observation, step.reward)?;
        self.steps += 1;
        lane.reward += step.reward;
        lane.place.actions.push(action as u32);
        let is_last = step.is_last();
        let next = step.observation;
        let observation = std::mem::replace(&mut lane.observation, if is_last { Vec::new() } else { next.clone() });
        let (reward, terminated, truncated) = (step.reward, step.terminated, step.truncated);
        let finished = is_last.then(|| {
            let finished = Finished { reward: lane.reward, steps: lane.place.actions.len() };
            lane.place.episode += 1;
            lane.begin(self.seed, number);
            finished
        });
        Ok((Transition { observation, action, reward, next, terminated, truncated }, finished))
    }

    /// The places of all environments.
    pub(crate) fn places(&self) -> Places {
        Places { steps: self.steps, each: self.lanes.iter().map(|lane| lane.place.clone()).collect() }
    }

    /// Repeats the current episodes up to these places. Returns the reason if the environments do not follow.
    pub(crate) fn restore(&mut self, Places { steps, each: places }: Places) -> Result<(), String> {
        if places.len() != self.count() {
            return Err(format!("the places of {} environments, but the run has {}", places.len(), self.count()));
        }
        for (number, place) in places.into_iter().enumerate() {
            let lane = &mut self.lanes[number];
            lane.environment.restore(&place.memory);
            lane.place.episode = place.episode;
            lane.begin(self.seed, number);
            for &action in &place.actions {
                let action = action as usize;
                if action >= self.actions {
                    return Err(format!("there is no action {action}"));
                }
                let step = lane.environment.step(action);
                if step.is_last() {
                    return Err("an episode ended before its last action: is the environment random beyond its seed?".to_owned());
                }
                lane.reward += step.reward;
                lane.place.actions.push(action as u32);
                lane.observation = step.observation;
            }
        }
        self.steps = steps;
        Ok(())
    }
}

impl Lane {
    fn begin(&mut self, seed: u64, number: usize) {
        self.place.memory = self.environment.memory();
        self.place.actions.clear();
        self.reward = 0.0;
        self.observation = self.environment.reset(stream("reset", seed, [number as u64, self.place.episode]).next_u64());
    }
}

/// Rejects what an environment must not return.
pub(super) fn check(space: &Space, observation: &[f32], reward: f64) -> Result<(), TrainError> {
    let reason = if observation.len() != space.size() {
        format!("an observation of {} numbers; its space has the shape {:?}", observation.len(), space.shape())
    } else if !reward.is_finite() {
        format!("a reward of {reward}")
    } else if let Some(number) = observation.iter().find(|number| !number.is_finite()) {
        format!("an observation with {number}")
    } else {
        return Ok(());
    };
    Err(TrainError::Environment { reason })
}

impl std::fmt::Debug for Vectorized {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vectorized").field("count", &self.count()).field("seed", &self.seed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rl::wrappers::NormalizeObservation;
    use crate::rl::{CartPole, KnownEnvironment, Step};

    fn cart_poles() -> Vectorized {
        Vectorized::new(|| Box::new(NormalizeObservation::new(CartPole::default())), 3, 7)
    }

    /// The actions of a walk: any, but the same each time.
    fn action(number: usize, step: usize) -> usize {
        (number + step / 2) % 2
    }

    /// After an episode the next one begins by itself, from another state; the transition has the last observation of the one that ended.
    #[test]
    fn episodes_follow_each_other() {
        let mut lanes = Vectorized::new(|| KnownEnvironment::CartPole.make(), 2, 1);
        assert_ne!(lanes.observation(0), lanes.observation(1));
        let first = lanes.observation(0).to_vec();
        let mut steps = 0;
        let (last, finished) = loop {
            steps += 1;
            let (transition, finished) = lanes.step(0, 1).unwrap();
            if let Some(finished) = finished {
                break (transition, finished);
            }
            assert_eq!(transition.next, lanes.observation(0));
        };
        assert_eq!(finished, Finished { reward: steps as f64, steps });
        assert!(last.terminated && last.next[2].abs() > 0.2, "pushed to one side, the pole falls: {last:?}");
        assert!(lanes.observation(0).iter().all(|number| number.abs() <= 0.05));
        assert_ne!(lanes.observation(0), first);
    }

    /// From the places alone, the environments go on as if nothing had been.
    #[test]
    fn found_again_from_its_actions() {
        let mut whole = cart_poles();
        let mut places = None;
        let mut after = Vec::new();
        for step in 0..120 {
            if step == 75 {
                places = Some(serde_json::to_string(&whole.places()).unwrap());
            }
            for number in 0..3 {
                let done = whole.step(number, action(number, step)).unwrap();
                if step >= 75 {
                    after.push(done);
                }
            }
        }
        let mut resumed = cart_poles();
        resumed.restore(serde_json::from_str(&places.unwrap()).unwrap()).unwrap();
        let again: Vec<_> = (75..120)
            .flat_map(|step| (0..3).map(move |number| (number, step)))
            .map(|(number, step)| resumed.step(number, action(number, step)).unwrap())
            .collect();
        assert_eq!(again, after);
        assert_eq!((resumed.steps(), whole.steps()), (360, 360));
        assert!(after.iter().any(|(_, finished)| finished.is_some()));
        assert!(resumed.restore(Places { steps: 0, each: Vec::new() }).unwrap_err().contains("the places of 0 environments"));
        assert!(
            resumed
                .restore(Places { steps: 0, each: vec![Place { actions: vec![2], ..Place::default() }; 3] })
                .unwrap_err()
                .contains("no action 2")
        );
    }

    #[test]
    fn an_environment_that_does_not_keep_its_word() {
        struct Broken(Vec<f32>, f64);
        impl Environment for Broken {
            fn observation_space(&self) -> Space {
                Space::symmetric(&[1.0; 2])
            }

            fn actions(&self) -> usize {
                1
            }

            fn reset(&mut self, _: u64) -> Vec<f32> {
                vec![0.0; 2]
            }

            fn step(&mut self, _: usize) -> Step {
                Step { observation: self.0.clone(), reward: self.1, terminated: false, truncated: false }
            }
        }
        for (observation, reward, says) in [
            (vec![0.0; 3], 0.0, "the environment returned an observation of 3 numbers; its space has the shape [2]"),
            (vec![0.0; 2], f64::NAN, "the environment returned a reward of NaN"),
            (vec![0.0, f32::INFINITY], 0.0, "the environment returned an observation with inf"),
        ] {
            let mut lanes = Vectorized::new(|| Box::new(Broken(observation.clone(), reward)), 1, 0);
            assert_eq!(lanes.step(0, 0).unwrap_err().to_string(), says);
        }
    }
}
