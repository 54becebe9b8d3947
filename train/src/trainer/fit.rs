//! The training loop.

use std::collections::BTreeSet;
use std::time::Instant;

use layercake::average::AveragedModel;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::gradient::{NonFinite, first_non_finite};
use layercake::prelude::*;

use super::early_stopping::metric;
use super::{Lesson, Lessons, Optimizers, Players, Seeded, Sizes, Task, Trainer, TrainingEnd, Until, caught};
use crate::TrainError;
use crate::checkpoint::{Checkpoints, FolderLock, RunSettings, State};
use crate::data::{Collate, Dataset, Loader};
use crate::error::OnDevice;
use crate::health::Symptom;
use crate::metrics::Epoch;

impl<M, D> Trainer<'_, M, D>
where
    M: TensorCollection<f32, D> + Clone,
    D: Seeded,
{
    /// Trains a model: computes the task's loss and gradient for each batch, takes optimizer steps, and evaluates the task after each epoch. `optimizer` is an
    /// [`Optim`](layercake::optim::Optim), or [`InTurn`](super::InTurn) for several of them.
    ///
    /// Returns the metrics of all epochs, including those before a resume. Afterwards the model has its averaged parameters
    /// ([`Trainer::average`]) or those of the best epoch ([`Trainer::restore_best`]), if requested.
    ///
    /// The same seeds (trainer, loader, initial parameters) give the same bits on the CPU, with any number of threads and workers and
    /// whether or not the run was interrupted. Other instruction sets ([`layercake::instruction_set`]) round differently.
    ///
    /// # Errors
    /// Returns an error if a setting is invalid, an item cannot be read, the device fails, the loss becomes NaN or infinite, a callback or the task fails or
    /// panics, another run uses the checkpoint folder, or the run is cancelled.
    pub fn fit<T, O, S>(
        &mut self,
        model: &mut M,
        device: &D,
        optimizer: &mut O,
        task: &mut T,
        data: &Loader<S>,
    ) -> Result<Vec<Epoch>, TrainError>
    where
        S: Dataset,
        S::Item: Collate<Batch = T::Batch>,
        T: Task<M, D>,
        O: Optimizers<M, D>,
    {
        self.learn(model, device, optimizer, &mut Lesson::new(task, data))
    }

    /// [`Trainer::fit`] without the types of the task and the data.
    pub(crate) fn learn(
        &mut self,
        model: &mut M,
        device: &D,
        optimizer: &mut dyn Players<M, D>,
        task: &mut dyn Lessons<M, D>,
    ) -> Result<Vec<Epoch>, TrainError> {
        if !self.world.is_root() {
            self.callbacks.clear();
        }
        let world = self.world.clone();
        let outcome = self.learn_as_a_rank(model, device, optimizer, task);
        world.agree(outcome)
    }

    fn learn_as_a_rank(
        &mut self,
        model: &mut M,
        device: &D,
        optimizer: &mut dyn Players<M, D>,
        task: &mut dyn Lessons<M, D>,
    ) -> Result<Vec<Epoch>, TrainError> {
        self.check()?;
        let Sizes { items, batches, batch_size } = task.sizes();
        let settings = RunSettings { seed: self.seed, items, batches, batch_size, accumulate: self.accumulate };
        if settings.batches == 0 {
            return Err(TrainError::NoBatches);
        }
        let mut rates: Vec<f64> = (0..optimizer.count()).map(|number| optimizer.player(number).lr()).collect();
        if let Some(lr) = rates.iter().find(|lr| !lr.is_finite() || **lr < 0.0) {
            return Err(TrainError::Setting(format!("the optimizer's learning rate is {lr}")));
        }
        if rates.len() > 1 && self.accumulate > 1 {
            let (steps, players) = (self.accumulate, rates.len());
            let reason = format!("`accumulate` is {steps}, but {players} optimizers take turns on each batch; use larger batches instead");
            return Err(TrainError::Setting(reason));
        }
        optimizer.check(model)?;
        task.check(model)?;
        self.must_be_equal(&settings)?;
        self.world.must_have_equal_models(model)?;
        task.divide(&self.world)?;
        if self.world.shards() {
            let sharded = (0..optimizer.count()).try_for_each(|number| optimizer.player_mut(number).shard(model, &self.world));
            self.world.agree(sharded)?;
        }
        let lock = self.checkpoints.as_ref().filter(|_| self.world.is_root()).map(Checkpoints::lock).transpose();
        let lock = self.world.agree(lock)?;
        let mut run = Run {
            state: State::new(settings, rates.remove(0), rates),
            average: self.averaging.map(|averaging| AveragedModel::new(model, averaging)),
            best: None,
            warned: BTreeSet::new(),
            gradients: Some(model.try_alloc_grads().on_device()?),
            weight: 0.0,
            loss: 0.0,
            lock,
            trainer: self,
            model,
            device,
            optimizer,
            task,
        };
        run.begin()?;
        while !run.is_done() {
            run.epoch()?;
        }
        run.end()
    }

    /// Compares with the other ranks what the bits depend on.
    fn must_be_equal(&self, settings: &RunSettings) -> Result<(), TrainError> {
        self.world.must_be_equal(&[
            ("version of Layercake", env!("CARGO_PKG_VERSION").to_owned()),
            ("instruction set", layercake::instruction_set().to_owned()),
            ("exchange", self.world.options()),
            ("settings", format!("{settings:?}, {:?}, resume {}", self.until, self.resume)),
        ])
    }
}

/// A training run in progress.
pub(super) struct Run<'r, 't, M, D: Seeded> {
    pub(super) trainer: &'r mut Trainer<'t, M, D>,
    pub(super) model: &'r mut M,
    pub(super) device: &'r D,
    pub(super) optimizer: &'r mut dyn Players<M, D>,
    /// The task and its data.
    pub(super) task: &'r mut dyn Lessons<M, D>,
    pub(super) average: Option<AveragedModel<M>>,
    /// The weights of the best epoch so far.
    pub(super) best: Option<M>,
    /// The kinds of warnings that were given.
    pub(super) warned: BTreeSet<Symptom>,
    /// `Some` between batches.
    pub(super) gradients: Option<Gradients<f32, D>>,
    /// The sum of the weights of the step's batches so far.
    pub(super) weight: f64,
    /// The mean loss of the step's batches so far.
    pub(super) loss: f64,
    /// Locks the checkpoint folder.
    pub(super) lock: Option<FolderLock>,
    pub(super) state: State,
}

impl<M, D> Run<'_, '_, M, D>
where
    M: TensorCollection<f32, D> + Clone,
    D: Seeded,
{
    pub(super) fn is_done(&self) -> bool {
        self.is_over() || (self.state.batch == 0 && self.stops_early())
    }

    /// Whether the requested number of epochs or steps is reached.
    fn is_over(&self) -> bool {
        match self.trainer.until {
            Until::Epochs(epochs) => self.state.epoch > epochs,
            Until::Steps(_) => self.enough_steps() && (self.state.batch == 0 || self.state.partial.is_some()),
        }
    }

    /// Whether early stopping ends the run.
    fn stops_early(&self) -> bool {
        let Some(stopping) = &self.trainer.early_stopping else { return false };
        stopping.should_stop(self.state.history.iter().map(|epoch| metric(epoch, &stopping.metric).unwrap_or(f64::NAN)))
    }

    /// Trains one epoch, or the rest of it.
    fn epoch(&mut self) -> Result<(), TrainError> {
        let (start, before) = (Instant::now(), self.state.elapsed);
        let (epoch, first) = (self.state.epoch, self.state.batch);
        let task = &mut *self.task;
        caught(
            || format!("the order of epoch {epoch}"),
            || {
                task.begin(epoch, first);
                Ok(())
            },
        )?;
        while self.state.batch < self.state.settings.batches && !self.enough_steps() {
            let Some(read) = self.task.read() else {
                let RunSettings { batches, .. } = self.state.settings;
                let given = self.state.batch;
                return Err(TrainError::Setting(format!("the sampler announced items for {batches} batches, but returned only {given}")));
            };
            self.trainer.world.agree(read)?;
            self.task.join()?;
            let world = self.trainer.world.clone();
            world.together(|| self.batch())?;
            self.state.elapsed = before + start.elapsed().as_secs_f64();
            if self.stepped() {
                self.after_step(start)?;
            }
        }
        self.task.end();
        let training = before + start.elapsed().as_secs_f64();
        self.state.elapsed = training;
        self.guard()?;
        self.trainer.world.must_have_equal_models(&*self.model)?;
        let averaged = self.average.as_mut().map(|average| average.swap(self.model)).is_some();
        let outcome = self.measure(start, training, before);
        if averaged && let Some(average) = &mut self.average {
            average.swap(self.model);
        }
        outcome?;
        self.save()
    }

    pub(super) fn enough_steps(&self) -> bool {
        matches!(self.trainer.until, Until::Steps(steps) if self.state.step >= steps)
    }

    /// Whether the last batch completed an optimizer step.
    pub(super) fn stepped(&self) -> bool {
        self.state.batch.is_multiple_of(self.trainer.accumulate) || self.state.batch == self.state.settings.batches
    }

    /// Whether the step that is due is the last one of its epoch.
    pub(super) fn ends_epoch(&self) -> bool {
        self.state.batch + 1 == self.state.settings.batches
            || matches!(self.trainer.until, Until::Steps(steps) if self.state.step + 1 >= steps)
    }

    /// The epoch whose weights are restored, if it is not the last one.
    pub(super) fn chosen(&self) -> Option<usize> {
        let done = self.done();
        let best = self.trainer.best_of(&done)? + 1;
        (best < done.len()).then_some(best)
    }

    /// All epochs, including a partial one.
    pub(super) fn done(&self) -> Vec<Epoch> {
        self.state.history.iter().chain(&self.state.partial).cloned().collect()
    }

    /// Sets the final weights and runs the callbacks.
    fn end(mut self) -> Result<Vec<Epoch>, TrainError> {
        if let Some(average) = &mut self.average {
            average.swap(self.model);
        }
        let world = &self.trainer.world;
        if world.shards() {
            (0..self.optimizer.count()).for_each(|number| self.optimizer.player_mut(number).make_whole(world));
        }
        let (history, chosen) = (self.done(), self.chosen());
        if let Some(best) = self.best.take().filter(|_| chosen.is_some()) {
            *self.model = best;
            // The pictures show the evaluation of the restored weights.
            self.test()?;
            self.draw(true)?;
        }
        let stopped_early = !self.is_over();
        let selected_by = self.trainer.best_metric();
        let weights_epoch = chosen.unwrap_or(history.len());
        let ending = TrainingEnd { history: &history, weights_epoch, stopped_early, selected_by: selected_by.as_deref() };
        let callbacks = &mut self.trainer.callbacks;
        callbacks.iter_mut().try_for_each(|callback| callback.on_end(&ending, self.model))?;
        Ok(history)
    }

    /// Checks the parameters for NaN and infinity before evaluation and checkpoints: the loss is computed before the step and does not show its effect.
    pub(super) fn guard(&self) -> Result<(), TrainError> {
        let Some(cause) = first_non_finite(&*self.model) else { return Ok(()) };
        let loss = self.state.running.mean("loss").unwrap_or(f64::NAN) as f32;
        Err(self.diverged(self.state.batch, loss, Some(cause)))
    }

    pub(super) fn diverged(&self, step: usize, loss: f32, cause: Option<NonFinite>) -> TrainError {
        TrainError::Diverged { epoch: self.state.epoch, step, loss, cause }
    }
}
