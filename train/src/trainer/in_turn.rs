//! Several optimizers that take turns, each on a part of a model.

use layercake::average::average_tensors;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::optim::{Optim, Rule};
use layercake::prelude::*;

use super::optimizers::{Players, Steps};
use crate::TrainError;
use crate::target::Follow;

/// Several optimizers that take turns, each on a part of a model with a loss of its own: the generator and the discriminator of an adversarial network, an actor and its
/// critic. [The guide](crate::guide::two_networks) has an example.
///
/// On each batch each [`Player`] takes its step in the order of the list: the trainer calls [`Task::loss`](super::Task::loss) with the player in
/// [`Pass::player`](super::Pass::player), and the player's optimizer moves its part alone, whatever else the loss depends on. The learning rate schedule applies to each
/// optimizer's own rate. What players learn by is reported as `PART_loss`; there is no `loss` of all. A step of the trainer is a batch.
#[derive(Debug)]
pub struct InTurn<M, D: Storage<f32> = Cpu> {
    players: Vec<Player<M, D>>,
    followers: Vec<Follower>,
}

/// An optimizer of a part of a model: see [`InTurn`].
#[derive(Debug)]
pub struct Player<M, D: Storage<f32> = Cpu> {
    part: &'static str,
    optimizer: Box<dyn Steps<M, D>>,
    every: usize,
    times: usize,
}

/// A part of a model that follows another one.
#[derive(Clone, Copy, Debug)]
struct Follower {
    part: &'static str,
    source: &'static str,
    follow: Follow,
}

impl<M: TensorCollection<f32, D>, D: Device<f32>> Player<M, D> {
    /// A player that moves the part of the model below this path, by one step on each batch. `optimizer` is one of the whole model; what it has frozen stays frozen.
    pub fn new<R: Rule + 'static>(part: &'static str, optimizer: Optim<R, f32, D>) -> Self {
        Self { part, optimizer: Box::new(optimizer), every: 1, times: 1 }
    }

    /// Takes a step only on every so-manieth batch: a generator with 5 is trained once for each five steps of its critic, which sees new data each time.
    #[must_use]
    pub fn every(self, batches: usize) -> Self {
        Self { every: batches, ..self }
    }

    /// Takes several steps on a batch, each with random numbers of its own.
    #[must_use]
    pub fn times(self, steps: usize) -> Self {
        Self { times: steps, ..self }
    }
}

impl<M: TensorCollection<f32, D>, D: Device<f32>> InTurn<M, D> {
    /// Players in the order in which they take their steps. Parts of the model that are nobody's are not trained.
    ///
    /// # Errors
    /// Returns an error if there are no players, a part has no parameters or belongs to two players, or the first player does not
    /// take a step on each batch.
    pub fn new(model: &M, players: impl IntoIterator<Item = Player<M, D>>) -> Result<Self, TrainError> {
        let mut players: Vec<Player<M, D>> = players.into_iter().collect();
        let wrong = |reason: String| Err(TrainError::Setting(reason));
        match players.first() {
            None => return wrong("there are no players".to_owned()),
            Some(Player { part, every, .. }) if *every > 1 => {
                return wrong(format!("the first player, `{part}`, takes a step on every {every} batches; expected on each"));
            }
            Some(_) => {}
        }
        for player in &mut players {
            let Player { part, every, times, .. } = *player;
            if every == 0 || times == 0 {
                return wrong(format!("the player `{part}` takes {times} steps on every {every} batches; expected at least 1 of both"));
            }
            only(&mut *player.optimizer, model, part)?;
        }
        for tensor in model.named_parameters() {
            let mut owners = players.iter().filter(|player| is_in(tensor.path(), player.part));
            if let (Some(one), Some(other)) = (owners.next(), owners.next()) {
                return wrong(format!("`{}` is in the parts of two players, `{}` and `{}`", tensor.path(), one.part, other.part));
            }
        }
        Ok(Self { players, followers: Vec::new() })
    }

    /// After each batch, moves a part of the model towards another one of the same tensors: a target network, or the average of a generator. No player may have it.
    ///
    /// # Errors
    /// Returns an error if one of the parts does not exist, they are not of the same tensors, the part is a player's, or an option is out of range.
    pub fn following(mut self, model: &M, part: &'static str, source: &'static str, follow: Follow) -> Result<Self, TrainError>
    where
        M: Clone,
    {
        follow.check()?;
        let overlap = |other: &str| is_in(part, other) || is_in(other, part);
        if let Some(player) = self.players.iter().find(|player| overlap(player.part)) {
            return Err(TrainError::Setting(format!(
                "`{part}` cannot follow `{source}`: it is in the part of the player `{}`",
                player.part
            )));
        }
        if overlap(source) {
            return Err(TrainError::Setting(format!("`{part}` cannot follow `{source}`: one is in the other")));
        }
        let follower = Follower { part, source, follow };
        if follower.apply(&mut model.clone())? == 0 {
            return Err(TrainError::Setting(format!("`{part}` has no tensors")));
        }
        self.followers.push(follower);
        Ok(self)
    }
}

/// Lets an optimizer move only a part of what it moved.
fn only<M: TensorCollection<f32, D>, D: Device<f32>>(optimizer: &mut dyn Steps<M, D>, model: &M, part: &str) -> Result<(), TrainError> {
    let parameters = model.named_parameters();
    let moved: Vec<&str> = parameters.iter().map(layercake::model::Named::path).filter(|path| is_in(path, part)).collect();
    let frozen: Vec<&str> = moved.iter().copied().filter(|path| !optimizer.moves(path)).collect();
    let unknown = |error: layercake::model::NoSuchParameter| TrainError::Setting(format!("the part of a player: {error}"));
    if moved.is_empty() {
        // For its list of what there is.
        optimizer.freeze(model, part).map_err(unknown)?;
    }
    optimizer.freeze(model, "*").map_err(unknown)?;
    optimizer.unfreeze(model, part).map_err(unknown)?;
    frozen.into_iter().try_for_each(|path| optimizer.freeze(model, path)).map_err(unknown)
}

/// Whether a path is that of a part, or lies in it.
fn is_in(path: &str, part: &str) -> bool {
    path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Follower {
    /// Moves the part, and returns the number of its tensors.
    fn apply<M: TensorCollection<f32, D> + Clone, D: Device<f32>>(&self, model: &mut M) -> Result<usize, TrainError> {
        let Self { part, source, follow } = *self;
        let from = |path: &str| if is_in(path, part) { Some(format!("{source}{}", &path[part.len()..])) } else { None };
        average_tensors(model, &model.clone(), follow.keep, from)
            .map_err(|error| TrainError::Network(format!("`{part}` cannot follow `{source}`: {error}")))
    }
}

impl<M: TensorCollection<f32, D> + Clone, D: Device<f32>> Players<M, D> for InTurn<M, D> {
    fn count(&self) -> usize {
        self.players.len()
    }

    fn player(&self, number: usize) -> &dyn Steps<M, D> {
        &*self.players[number].optimizer
    }

    fn player_mut(&mut self, number: usize) -> &mut dyn Steps<M, D> {
        &mut *self.players[number].optimizer
    }

    fn part(&self, number: usize) -> &'static str {
        self.players[number].part
    }

    fn due(&self, round: usize) -> Vec<usize> {
        let steps = |(number, player): (usize, &Player<M, D>)| {
            // At the end of each so-manieth batch, so that the others have moved first.
            let times = if (round + 1).is_multiple_of(player.every) { player.times } else { 0 };
            std::iter::repeat_n(number, times)
        };
        self.players.iter().enumerate().flat_map(steps).collect()
    }

    fn follow(&self, model: &mut M, rounds: usize) -> Result<(), TrainError> {
        let due = self.followers.iter().filter(|follower| rounds.is_multiple_of(follower.follow.every));
        due.map(|follower| follower.apply(model)).try_for_each(|moved| moved.map(drop))
    }

    fn check(&self, model: &M) -> Result<(), TrainError> {
        let of_another =
            self.players.iter().find(|player| !model.named_parameters().iter().any(|tensor| player.optimizer.moves(tensor.path())));
        match of_another {
            Some(player) => Err(TrainError::Setting(format!("the player `{}` has no parameter to move", player.part))),
            None => Ok(()),
        }
    }
}

impl<M, D: Storage<f32>> Clone for InTurn<M, D> {
    fn clone(&self) -> Self {
        Self { players: self.players.clone(), followers: self.followers.clone() }
    }
}

impl<M, D: Storage<f32>> Clone for Player<M, D> {
    fn clone(&self) -> Self {
        Self { part: self.part, optimizer: self.optimizer.boxed(), every: self.every, times: self.times }
    }
}
