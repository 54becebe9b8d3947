//! What the trainer takes steps with: one optimizer, or several that take turns.

use std::fmt::Debug;
use std::path::Path;

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::model::NoSuchParameter;
use layercake::optim::{Optim, Rule};
use layercake::prelude::*;

use crate::TrainError;
use crate::distributed::World;
use crate::error::OnDevice;

/// What a [`Trainer`](super::Trainer) takes steps with: an [`Optim`] for the whole model, or [`InTurn`](super::InTurn) for several optimizers, each of a part of it.
pub trait Optimizers<M, D: Storage<f32>>: Players<M, D> + Clone {}

impl<O: Players<M, D> + Clone, M, D: Storage<f32>> Optimizers<M, D> for O {}

/// Players by number. There is at least one.
pub trait Players<M, D: Storage<f32>> {
    fn count(&self) -> usize;

    fn player(&self, number: usize) -> &dyn Steps<M, D>;

    fn player_mut(&mut self, number: usize) -> &mut dyn Steps<M, D>;

    /// The part of the model that a player moves; empty for one that moves all of it.
    fn part(&self, number: usize) -> &'static str;

    /// The players that take a step on a batch, the same number several times for several steps; `round` is the number of batches before it.
    fn due(&self, round: usize) -> Vec<usize>;

    /// Moves the parts of the model that follow others; `rounds` is the number of batches so far.
    fn follow(&self, model: &mut M, rounds: usize) -> Result<(), TrainError>;

    /// Checks that the players fit the model.
    fn check(&self, model: &M) -> Result<(), TrainError>;
}

/// An optimizer of any rule.
pub trait Steps<M, D: Storage<f32>> {
    fn lr(&self) -> f64;

    fn set_lr(&mut self, lr: f64);

    /// Whether it moves the parameter with this path.
    fn moves(&self, path: &str) -> bool;

    /// The norm of the gradients of all that it moves.
    fn grad_norm(&self, model: &M, gradients: &mut Gradients<f32, D>) -> Result<f64, TrainError>;

    /// A step by the gradients times a factor.
    fn step(&mut self, model: &mut M, gradients: &mut Gradients<f32, D>, factor: f64) -> Result<(), TrainError>;

    fn freeze(&mut self, model: &M, pattern: &str) -> Result<(), NoSuchParameter>;

    fn unfreeze(&mut self, model: &M, pattern: &str) -> Result<(), NoSuchParameter>;

    fn save(&self, path: &Path) -> Result<(), TrainError>;

    fn load(&mut self, model: &M, path: &Path) -> Result<(), TrainError>;

    fn boxed(&self) -> Box<dyn Steps<M, D>>;

    /// Keeps the state of this rank's part of the parameters from now on.
    fn shard(&mut self, model: &M, world: &World) -> Result<(), TrainError>;

    /// Completes the parameters of which each rank has updated its part.
    fn exchange(&self, model: &mut M, world: &World) -> Result<(), TrainError>;

    /// The optimizer with the state of all ranks, on those that `keep` it. All ranks call it.
    fn whole(&self, world: &World, keep: bool) -> Box<dyn Steps<M, D>>;

    /// [`Steps::whole`] from now on.
    fn make_whole(&mut self, world: &World);
}

impl<M, D: Storage<f32>> Debug for dyn Steps<M, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Steps").field("lr", &self.lr()).finish_non_exhaustive()
    }
}

impl<R: Rule + 'static, M: TensorCollection<f32, D>, D: Device<f32>> Steps<M, D> for Optim<R, f32, D> {
    fn lr(&self) -> f64 {
        self.cfg.lr()
    }

    fn set_lr(&mut self, lr: f64) {
        self.cfg.set_lr(lr);
    }

    fn moves(&self, path: &str) -> bool {
        !self.frozen.contains(path)
    }

    fn grad_norm(&self, model: &M, gradients: &mut Gradients<f32, D>) -> Result<f64, TrainError> {
        self.try_grad_norm(model, gradients).on_device()
    }

    fn step(&mut self, model: &mut M, gradients: &mut Gradients<f32, D>, factor: f64) -> Result<(), TrainError> {
        self.step_scaled(model, gradients, factor).map_err(TrainError::step)
    }

    fn freeze(&mut self, model: &M, pattern: &str) -> Result<(), NoSuchParameter> {
        self.freeze(model, pattern)
    }

    fn unfreeze(&mut self, model: &M, pattern: &str) -> Result<(), NoSuchParameter> {
        self.unfreeze(model, pattern)
    }

    fn save(&self, path: &Path) -> Result<(), TrainError> {
        Ok(self.save(path)?)
    }

    fn load(&mut self, model: &M, path: &Path) -> Result<(), TrainError> {
        Ok(self.load(model, path)?)
    }

    fn boxed(&self) -> Box<dyn Steps<M, D>> {
        Box::new(self.clone())
    }

    fn shard(&mut self, model: &M, world: &World) -> Result<(), TrainError> {
        world.shard(self, model)
    }

    fn exchange(&self, model: &mut M, world: &World) -> Result<(), TrainError> {
        world.exchange(self, model)
    }

    fn whole(&self, world: &World, keep: bool) -> Box<dyn Steps<M, D>> {
        Box::new(world.whole(self, keep))
    }

    fn make_whole(&mut self, world: &World) {
        *self = world.whole(self, true);
    }
}

/// The only player, which takes a step on each batch.
impl<R: Rule + 'static, M: TensorCollection<f32, D>, D: Device<f32>> Players<M, D> for Optim<R, f32, D> {
    fn count(&self) -> usize {
        1
    }

    fn player(&self, _: usize) -> &dyn Steps<M, D> {
        self
    }

    fn player_mut(&mut self, _: usize) -> &mut dyn Steps<M, D> {
        self
    }

    fn part(&self, _: usize) -> &'static str {
        ""
    }

    fn due(&self, _: usize) -> Vec<usize> {
        vec![0]
    }

    fn follow(&self, _: &mut M, _: usize) -> Result<(), TrainError> {
        Ok(())
    }

    fn check(&self, _: &M) -> Result<(), TrainError> {
        Ok(())
    }
}
