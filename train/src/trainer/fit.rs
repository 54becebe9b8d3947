//! The training loop.

use std::collections::BTreeSet;
use std::time::Instant;

use layercake::average::AveragedModel;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::gradient::{NonFinite, first_non_finite};
use layercake::prelude::*;
use rand::RngCore;

use super::early_stopping::metric;
use super::staging::Staging;
use super::{Optimizers, Progress, Seeded, Task, Trainer, TrainingEnd, Until, caught};
use crate::checkpoint::{Checkpoints, FolderLock, RunSettings, State};
use crate::data::{Collate, Dataset, Loader, stream};
use crate::error::OnDevice;
use crate::health::Symptom;
use crate::metrics::Epoch;
use crate::{Metrics, TrainError};

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
        self.check()?;
        let settings = RunSettings {
            seed: self.seed,
            items: data.data().len(),
            batches: data.batch_count(),
            batch_size: data.batch_size(),
            accumulate: self.accumulate,
        };
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
        let lock = self.checkpoints.as_ref().map(Checkpoints::lock).transpose()?;
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
            run.epoch(data)?;
        }
        run.end()
    }
}

/// A copy of a batch: that it can be copied is known of an item's batch, and not of a task's.
fn copied<I: Collate>(batch: &I::Batch) -> I::Batch {
    batch.clone()
}

/// A training run in progress.
pub(super) struct Run<'r, 't, M, T, O, D: Seeded> {
    pub(super) trainer: &'r mut Trainer<'t, M, D>,
    pub(super) model: &'r mut M,
    pub(super) device: &'r D,
    pub(super) optimizer: &'r mut O,
    pub(super) task: &'r mut T,
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

impl<M, T, O, D> Run<'_, '_, M, T, O, D>
where
    M: TensorCollection<f32, D> + Clone,
    T: Task<M, D>,
    O: Optimizers<M, D>,
    D: Seeded,
{
    fn is_done(&self) -> bool {
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
    fn epoch<S>(&mut self, data: &Loader<S>) -> Result<(), TrainError>
    where
        S: Dataset,
        S::Item: Collate<Batch = T::Batch>,
    {
        let (start, before) = (Instant::now(), self.state.elapsed);
        let (epoch, first) = (self.state.epoch, self.state.batch);
        let mut batches = caught(|| format!("the order of epoch {epoch}"), || Ok(data.epoch_from(epoch, first)))?;
        while self.state.batch < self.state.settings.batches && !self.enough_steps() {
            let Some(batch) = batches.next() else {
                let RunSettings { batches, .. } = self.state.settings;
                let given = self.state.batch;
                return Err(TrainError::Setting(format!("the sampler announced items for {batches} batches, but returned only {given}")));
            };
            self.batch(batch?, copied::<S::Item>)?;
            self.state.elapsed = before + start.elapsed().as_secs_f64();
            if self.stepped() {
                self.after_step(start)?;
            }
        }
        drop(batches);
        let training = before + start.elapsed().as_secs_f64();
        self.state.elapsed = training;
        self.guard()?;
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

    /// Runs the callbacks, writes a checkpoint if one is due, and ends the run if it is cancelled.
    fn after_step(&mut self, start: Instant) -> Result<(), TrainError> {
        let State { epoch, batch, step, lr, .. } = self.state;
        let (train, batches) = (&self.state.running, self.state.settings.batches);
        let progress = Progress {
            epoch,
            batch,
            batches,
            step,
            lr,
            loss: std::mem::take(&mut self.loss),
            train,
            unit: T::UNIT,
            elapsed: start.elapsed(),
        };
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_step(&progress, self.model))?;
        let cancelled = self.trainer.cancellation.as_ref().is_some_and(super::CancellationToken::is_cancelled);
        if cancelled || self.trainer.checkpoints.as_ref().is_some_and(|checkpoints| checkpoints.is_due(step)) {
            self.guard()?;
            self.save()?;
        }
        if !cancelled {
            return Ok(());
        }
        let kept = self.trainer.checkpoints.as_ref().map(|checkpoints| checkpoints.folder().to_owned());
        Err(TrainError::Interrupted { epoch, step, kept })
    }

    /// Evaluates the task at the end of an epoch, or of the part of an epoch that the number of steps allows.
    fn measure(&mut self, start: Instant, training: f64, before: f64) -> Result<(), TrainError> {
        let epoch = self.state.epoch;
        let (seed, device, task, model) = (self.seed_of("validation", epoch), self.device, &mut *self.task, &*self.model);
        let validation =
            caught(|| format!("the validation after epoch {epoch}"), || device.seeded(seed, |device| task.validate(model, device)))?;
        let test = self.test()?;
        for loss in [&validation, &test].iter().filter_map(|metrics| metrics.get("loss")) {
            if !loss.is_finite() {
                return Err(self.diverged(self.state.batch, loss as f32, first_non_finite(&*self.model)));
            }
        }
        let mut metrics = Epoch {
            epoch,
            step: self.state.step,
            lr: self.state.lr,
            train: self.state.running.means(),
            validation,
            test,
            unit: T::UNIT.to_owned(),
            items_per_second: self.state.running.items() as f64 / training,
            ..self.health()?
        };
        metrics.seconds = before + start.elapsed().as_secs_f64();
        if self.state.history.is_empty() {
            self.trainer.check_metrics(&metrics)?;
        }
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_epoch(&metrics, self.model))?;
        if self.state.batch < self.state.settings.batches {
            self.state.partial = Some(metrics);
        } else {
            self.state.history.push(metrics);
            self.state.epoch += 1;
            self.state.batch = 0;
            self.state.running = crate::RunningMetrics::new();
            self.state.measured = crate::RunningMetrics::new();
            self.state.elapsed = 0.0;
            if self.trainer.best_of(&self.state.history) == Some(epoch - 1) {
                self.best = Some(self.model.clone());
                self.state.best = Some(epoch);
            }
        }
        self.warn()?;
        // If the weights of another epoch are restored, the final pictures are drawn after that.
        let last = self.is_done() && self.chosen().is_none();
        self.draw(last)
    }

    fn test(&mut self) -> Result<Metrics, TrainError> {
        if self.trainer.untested {
            return Ok(Metrics::new());
        }
        // A partial epoch is evaluated with the random numbers of its epoch.
        let epoch = self.state.epoch;
        let (seed, device, task, model) = (self.seed_of("test", epoch), self.device, &mut *self.task, &*self.model);
        caught(|| format!("the test after epoch {epoch}"), || device.seeded(seed, |device| task.evaluate(model, device)))
    }

    /// A seed by purpose and epoch: a task's random numbers must not depend on earlier draws.
    pub(super) fn seed_of(&self, purpose: &str, epoch: usize) -> u64 {
        stream(purpose, self.trainer.seed, [epoch as u64, 0]).next_u64()
    }

    /// Calls [`Task::draw`] with a staging folder, so that the run knows which files were drawn.
    fn draw(&mut self, last: bool) -> Result<(), TrainError> {
        let Some(folder) = self.trainer.pictures.clone() else { return Ok(()) };
        let epoch = self.state.epoch;
        let staging = Staging::new(&folder)?;
        let (seed, device, task, model) = (self.seed_of("pictures", epoch), self.device, &mut *self.task, &*self.model);
        let drawn = || device.seeded(seed, |device| task.draw(model, device, staging.path(), last));
        caught(|| format!("the drawing after epoch {epoch}"), drawn)?;
        let names = staging.names()?;
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_pictures(&names))?;
        staging.publish()
    }

    /// The epoch whose weights are restored, if it is not the last one.
    fn chosen(&self) -> Option<usize> {
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
    fn guard(&self) -> Result<(), TrainError> {
        let Some(cause) = first_non_finite(&*self.model) else { return Ok(()) };
        let loss = self.state.running.mean("loss").unwrap_or(f64::NAN) as f32;
        Err(self.diverged(self.state.batch, loss, Some(cause)))
    }

    pub(super) fn diverged(&self, step: usize, loss: f32, cause: Option<NonFinite>) -> TrainError {
        TrainError::Diverged { epoch: self.state.epoch, step, loss, cause }
    }
}
