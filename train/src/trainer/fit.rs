//! The training loop.

use std::path::Path;
use std::time::Instant;

use layercake::average::Averaged;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::gradient::{NonFinite, first_non_finite, first_non_finite_gradient};
use layercake::io::{load_safetensors, save_safetensors};
use layercake::optim::{Optim, Rule};
use layercake::prelude::*;
use rand::RngCore;

use super::early_stopping::figure;
use super::staging::Staging;
use super::{Ending, Pass, Progress, Seeded, Step, Task, Trainer, Until, caught};
use crate::checkpoint::{self, Checkpoints, FolderLock, STATE, State, Told, load_carried, remove_temporaries, save_carried};
use crate::data::{Collate, Dataset, Loader, stream};
use crate::error::OnDevice;
use crate::metrics::Epoch;
use crate::{Figures, TrainError};

impl<M, D> Trainer<'_, M, D>
where
    M: TensorCollection<f32, D> + Clone,
    D: Seeded,
{
    /// Trains a model: for each batch of each epoch the task's loss, its gradient, a step of the optimizer; after each epoch the task's
    /// measurement. Gives the figures of all epochs, those of a resumed run's beginning too. At the end the model has its averaged
    /// parameters, where they are kept, and those of the best epoch, where they are wished ([`Trainer::restore_best`]).
    ///
    /// The same seeds (the trainer's, the loader's, that of the first parameters) give the same model on the CPU, to the bit, on any
    /// number of threads and workers, and however often the run was interrupted and resumed; on another instruction set
    /// ([`layercake::instruction_set`]) sums are rounded otherwise, and the bits differ.
    ///
    /// # Errors
    /// If a setting makes no sense, an item cannot be read, the device fails, the loss is no number any more, a callback or the task fails or
    /// panics, another run uses the folder of checkpoints, or the run is stopped.
    pub fn fit<T, R, S>(
        &mut self,
        model: &mut M,
        device: &D,
        optimizer: &mut Optim<R, f32, D>,
        task: &mut T,
        data: &Loader<S>,
    ) -> Result<Vec<Epoch>, TrainError>
    where
        S: Dataset,
        S::Item: Collate<Batch = T::Batch>,
        T: Task<M, D>,
        R: Rule,
    {
        self.check()?;
        let told = Told {
            seed: self.seed,
            items: data.data().len(),
            batches: data.batches(),
            batch_size: data.batch_size(),
            accumulate: self.accumulate,
        };
        if told.batches == 0 {
            return Err(TrainError::NoBatches);
        }
        let lr = optimizer.cfg.lr();
        if !lr.is_finite() || lr < 0.0 {
            return Err(TrainError::Setting(format!("the optimizer's learning rate is {lr}")));
        }
        task.check()?;
        let lock = self.checkpoints.as_ref().map(Checkpoints::lock).transpose()?;
        let mut run = Run {
            state: State::new(told, lr),
            average: self.averaging.map(|averaging| Averaged::new(model, averaging)),
            best: None,
            gradients: Some(model.try_alloc_grads().on_device()?),
            weight: 0.0,
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

/// All that takes part in training.
struct Run<'r, 't, M, T, R, D: Seeded> {
    trainer: &'r mut Trainer<'t, M, D>,
    model: &'r mut M,
    device: &'r D,
    optimizer: &'r mut Optim<R, f32, D>,
    task: &'r mut T,
    average: Option<Averaged<M>>,
    /// The weights of the best epoch so far.
    best: Option<M>,
    /// There between two batches.
    gradients: Option<Gradients<f32, D>>,
    /// What the losses of the step's batches so far were divided by, all together.
    weight: f64,
    /// Keeps others away from the checkpoints.
    lock: Option<FolderLock>,
    state: State,
}

impl<M, T, R, D> Run<'_, '_, M, T, R, D>
where
    M: TensorCollection<f32, D> + Clone,
    T: Task<M, D>,
    R: Rule,
    D: Seeded,
{
    fn is_done(&self) -> bool {
        self.is_over() || (self.state.batch == 0 && self.stops_early())
    }

    /// Has it come as far as was wished?
    fn is_over(&self) -> bool {
        match self.trainer.until {
            Until::Epochs(epochs) => self.state.epoch > epochs,
            Until::Steps(_) => self.enough_steps() && (self.state.batch == 0 || self.state.partial.is_some()),
        }
    }

    /// Has there been no progress for too long?
    fn stops_early(&self) -> bool {
        let Some(stopping) = &self.trainer.early_stopping else { return false };
        stopping.ends(self.state.history.iter().map(|epoch| figure(epoch, &stopping.figure).unwrap_or(f64::NAN)))
    }

    /// One epoch, or the rest of it.
    fn epoch<S>(&mut self, data: &Loader<S>) -> Result<(), TrainError>
    where
        S: Dataset,
        S::Item: Collate<Batch = T::Batch>,
    {
        let (start, before) = (Instant::now(), self.state.elapsed);
        let (epoch, first) = (self.state.epoch, self.state.batch);
        let mut batches = caught(|| format!("the order of epoch {epoch}"), || Ok(data.epoch_from(epoch, first)))?;
        while self.state.batch < self.state.told.batches && !self.enough_steps() {
            let Some(batch) = batches.next() else {
                let Told { batches, .. } = self.state.told;
                let given = self.state.batch;
                return Err(TrainError::Setting(format!("the sampler promised items for {batches} batches, but gave some for {given}")));
            };
            self.batch(batch?)?;
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

    fn enough_steps(&self) -> bool {
        matches!(self.trainer.until, Until::Steps(steps) if self.state.step >= steps)
    }

    /// Has the batch before this place ended a step of the optimizer?
    fn stepped(&self) -> bool {
        self.state.batch.is_multiple_of(self.trainer.accumulate) || self.state.batch == self.state.told.batches
    }

    /// Forward, backward, and a step if it is time for one.
    fn batch(&mut self, batch: T::Batch) -> Result<(), TrainError> {
        let State { epoch, batch: number, step, .. } = self.state;
        let Told { batches, accumulate, .. } = self.state.told;
        let seed = stream("step", self.trainer.seed, [epoch as u64, number as u64]).next_u64();
        let gradients = self.gradients.take().expect("there between two batches");
        let pass = Pass { gradients, device: self.device.reseeded(seed), epoch, batch: number, step };
        let place = || format!("batch {} of epoch {epoch}", number + 1);
        let done = caught(place, || self.task.loss(self.model, batch, pass))?;
        let Step { loss, items, weight, figures, weights } = done;
        if !weight.is_finite() || weight < 0.0 {
            return Err(TrainError::Setting(format!("{}: its loss was divided by {weight}, which is no weight", place())));
        }
        let mean = loss.as_vec()[0];
        // A step of several batches: each counts by what its loss was divided by. All of that is known when the last one is done.
        let alone = accumulate.min(batches - (number - number % accumulate)) == 1;
        let loss = if alone { loss } else { loss * weight as f32 };
        let mut gradients = caught(place, || loss.try_backward().on_device())?;
        if !mean.is_finite() {
            let cause = first_non_finite(&*self.model).or_else(|| first_non_finite_gradient(&*self.model, &mut gradients));
            return Err(self.diverged(number + 1, mean, cause));
        }
        self.weight += weight;
        let running = &mut self.state.running;
        // A figure that the task calls so takes the loss's place.
        running.add_mean("loss", figures.get("loss").unwrap_or(f64::from(mean)), weight);
        for (name, mean) in figures.iter().filter(|(name, _)| *name != "loss") {
            running.add_mean(name, mean, weights.get(name).unwrap_or(items as f64));
        }
        running.count(items);
        self.state.batch += 1;
        if self.stepped() {
            self.step(&mut gradients, if alone { 1.0 } else { 1.0 / self.weight })?;
            self.weight = 0.0;
        }
        self.gradients = Some(gradients);
        Ok(())
    }

    /// A step of the optimizer by the gradients times a factor. If nothing counted in any of its batches there is nothing to be learned, and
    /// the parameters stay as they are.
    fn step(&mut self, gradients: &mut Gradients<f32, D>, factor: f64) -> Result<(), TrainError> {
        self.state.lr = self.trainer.lr(&self.state)?;
        self.optimizer.cfg.set_lr(self.state.lr);
        if self.weight > 0.0 {
            self.optimizer.step_scaled(self.model, gradients, factor).map_err(TrainError::step)?;
        }
        self.model.try_zero_grads(gradients).on_device()?;
        self.state.step += 1;
        if let Some(average) = &mut self.average {
            average.try_update(&*self.model).on_device()?;
            self.state.averaged += 1;
        }
        Ok(())
    }

    /// Tells the callbacks, keeps a checkpoint if one is due, and ends if that is wished.
    fn after_step(&mut self, start: Instant) -> Result<(), TrainError> {
        let State { epoch, batch, step, lr, .. } = self.state;
        let (train, batches) = (&self.state.running, self.state.told.batches);
        let progress = Progress { epoch, batch, batches, step, lr, train, unit: T::UNIT, elapsed: start.elapsed() };
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_step(&progress, self.model))?;
        let stop = self.trainer.stop.as_ref().is_some_and(super::Stop::is_wished);
        if stop || self.trainer.checkpoints.as_ref().is_some_and(|checkpoints| checkpoints.is_due(step)) {
            self.guard()?;
            self.save()?;
        }
        if !stop {
            return Ok(());
        }
        let kept = self.trainer.checkpoints.as_ref().map(|checkpoints| checkpoints.folder().to_owned());
        Err(TrainError::Interrupted { epoch, step, kept })
    }

    /// The end of an epoch, or of its part that a number of steps allows.
    fn measure(&mut self, start: Instant, training: f64, before: f64) -> Result<(), TrainError> {
        let epoch = self.state.epoch;
        let device = self.device_of("validation", epoch);
        let validation = caught(|| format!("the validation after epoch {epoch}"), || self.task.validate(&*self.model, &device))?;
        let test = self.test()?;
        for loss in [&validation, &test].iter().filter_map(|figures| figures.get("loss")) {
            if !loss.is_finite() {
                return Err(self.diverged(self.state.batch, loss as f32, first_non_finite(&*self.model)));
            }
        }
        let figures = Epoch {
            epoch,
            step: self.state.step,
            lr: self.state.lr,
            train: self.state.running.means(),
            validation,
            test,
            unit: T::UNIT.to_owned(),
            items_per_second: self.state.running.items() as f64 / training,
            seconds: before + start.elapsed().as_secs_f64(),
        };
        if self.state.history.is_empty() {
            self.trainer.check_figures(&figures)?;
        }
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_epoch(&figures, self.model))?;
        if self.state.batch < self.state.told.batches {
            self.state.partial = Some(figures);
        } else {
            self.state.history.push(figures);
            self.state.epoch += 1;
            self.state.batch = 0;
            self.state.running = crate::Running::new();
            self.state.elapsed = 0.0;
            if self.trainer.best_of(&self.state.history) == Some(epoch - 1) {
                self.best = Some(self.model.clone());
                self.state.best = Some(epoch);
            }
        }
        // The weights of another epoch are drawn when they are back.
        let last = self.is_done() && self.chosen().is_none();
        self.draw(last)
    }

    fn test(&mut self) -> Result<Figures, TrainError> {
        // An epoch that was cut short is measured after as many steps as it had.
        let (epoch, device) = (self.state.epoch, self.device_of("test", self.state.epoch));
        caught(|| format!("the test after epoch {epoch}"), || self.task.evaluate(&*self.model, &device))
    }

    /// A device whose random numbers belong to a purpose and an epoch: what a task draws there must not depend on what was drawn before.
    fn device_of(&self, purpose: &str, epoch: usize) -> D {
        self.device.reseeded(stream(purpose, self.trainer.seed, [epoch as u64, 0]).next_u64())
    }

    /// Lets the task draw: into a folder of its own, so that the run knows which files it has made.
    fn draw(&mut self, last: bool) -> Result<(), TrainError> {
        let Some(folder) = self.trainer.pictures.clone() else { return Ok(()) };
        let epoch = self.state.epoch;
        let (device, staging) = (self.device_of("pictures", epoch), Staging::new(&folder)?);
        caught(|| format!("the drawing after epoch {epoch}"), || self.task.draw(&*self.model, &device, staging.path(), last))?;
        let names = staging.names()?;
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_pictures(&names))?;
        staging.publish()
    }

    /// The epoch whose weights the model is left with, if that is not the last one.
    fn chosen(&self) -> Option<usize> {
        let done = self.done();
        let best = self.trainer.best_of(&done)? + 1;
        (best < done.len()).then_some(best)
    }

    /// All epochs, one that was cut short among them.
    fn done(&self) -> Vec<Epoch> {
        self.state.history.iter().chain(&self.state.partial).cloned().collect()
    }

    /// Leaves the model with the weights that were wished.
    fn end(mut self) -> Result<Vec<Epoch>, TrainError> {
        if let Some(average) = &mut self.average {
            average.swap(self.model);
        }
        let (history, chosen) = (self.done(), self.chosen());
        if let Some(best) = self.best.take().filter(|_| chosen.is_some()) {
            *self.model = best;
            // What the task draws is what it has measured.
            self.test()?;
            self.draw(true)?;
        }
        let stopped_early = !self.is_over();
        let chosen_by = self.trainer.best_figure();
        let weights_of = chosen.unwrap_or(history.len());
        let ending = Ending { history: &history, weights_of, stopped_early, chosen_by: chosen_by.as_deref() };
        let callbacks = &mut self.trainer.callbacks;
        callbacks.iter_mut().try_for_each(|callback| callback.on_end(&ending, self.model))?;
        Ok(history)
    }

    /// Sees that what would be measured and kept is still good: the loss before a step does not show what the step does.
    fn guard(&self) -> Result<(), TrainError> {
        let Some(cause) = first_non_finite(&*self.model) else { return Ok(()) };
        let loss = self.state.running.mean("loss").unwrap_or(f64::NAN) as f32;
        Err(self.diverged(self.state.batch, loss, Some(cause)))
    }

    fn diverged(&self, step: usize, loss: f32, cause: Option<NonFinite>) -> TrainError {
        TrainError::Diverged { epoch: self.state.epoch, step, loss, cause }
    }

    /// Keeps a checkpoint.
    fn save(&mut self) -> Result<(), TrainError> {
        let Some(checkpoints) = &self.trainer.checkpoints else { return Ok(()) };
        if let Some(lock) = &self.lock {
            lock.must_be_in_place()?;
        }
        checkpoints.write(|folder| {
            save_safetensors(&*self.model, folder.join(MODEL))?;
            self.optimizer.save(folder.join(OPTIMIZER))?;
            if let Some(average) = &self.average {
                save_safetensors(&average.model, folder.join(AVERAGE))?;
            }
            if let Some(best) = &self.best {
                save_safetensors(best, folder.join(BEST))?;
            }
            save_carried(&folder.join(CARRIED), &self.task.carried())?;
            self.state.save(&folder.join(STATE))
        })
    }

    /// From the latest checkpoint, if the run is to go on and there is one; otherwise from nothing, without old checkpoints.
    fn begin(&mut self) -> Result<(), TrainError> {
        let Some(checkpoints) = &self.trainer.checkpoints else { return Ok(()) };
        remove_temporaries(checkpoints.folder(), checkpoint::is_number)?;
        let Some(folder) = checkpoints.latest()? else { return Ok(()) };
        if !self.trainer.resume {
            return checkpoints.clear();
        }
        self.load(&folder)?;
        let history = self.done();
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_resume(&history))
    }

    fn load(&mut self, folder: &Path) -> Result<(), TrainError> {
        checkpoint::verify(folder)?;
        let path = folder.join(STATE);
        let state = State::load(&path, self.state.told)?;
        let beyond = match self.trainer.until {
            Until::Epochs(epochs) => state.epoch.saturating_sub(1) > epochs || (state.epoch > epochs && state.batch > 0),
            Until::Steps(steps) => state.step > steps,
        };
        if beyond {
            let reason = format!("the run that was kept is at step {} of epoch {}, beyond the end that is wished", state.step, state.epoch);
            return Err(TrainError::Content { path, reason });
        }
        if let Some(last) = state.history.last() {
            self.trainer.check_figures(last)?;
        }
        load_safetensors(self.model, folder.join(MODEL))?;
        self.optimizer.load(&*self.model, folder.join(OPTIMIZER))?;
        if let Some(averaging) = self.trainer.averaging {
            if state.averaged != state.step as u64 {
                let reason = format!("the run that was kept averaged over {} of its {} steps", state.averaged, state.step);
                return Err(TrainError::Content { path, reason });
            }
            let mut average = self.model.clone();
            load_safetensors(&mut average, folder.join(AVERAGE))?;
            self.average = Some(Averaged::resumed(average, averaging, state.averaged));
        }
        if let Some(best) = self.trainer.best_of(&state.history) {
            if state.best != Some(best + 1) {
                let reason = format!("the run that was kept did not keep the weights of epoch {}, the best so far", best + 1);
                return Err(TrainError::Content { path, reason });
            }
            let mut model = self.model.clone();
            load_safetensors(&mut model, folder.join(BEST))?;
            self.best = Some(model);
        }
        let path = folder.join(CARRIED);
        let carried = load_carried(&path)?;
        self.task.carry_on(carried).map_err(|reason| TrainError::Content { path, reason })?;
        self.state = state;
        // With more steps to go, the epoch goes on where they ended.
        if !self.enough_steps() {
            self.state.partial = None;
        }
        Ok(())
    }
}

const MODEL: &str = "model.safetensors";
const OPTIMIZER: &str = "optimizer.safetensors";
const AVERAGE: &str = "average.safetensors";
const BEST: &str = "best.safetensors";
const CARRIED: &str = "carried.safetensors";

/// The parameters in the latest checkpoint of a run's folder of checkpoints, for whoever wants nothing but these.
///
/// # Errors
/// If there is none, it cannot be read, or it is not as it was written.
pub fn load_latest<M: TensorCollection<f32, D>, D: Device<f32>>(
    checkpoints: &checkpoint::Checkpoints,
    model: &mut M,
) -> Result<(), TrainError> {
    let folder = checkpoints.latest()?.ok_or_else(|| TrainError::NoCheckpoint { path: checkpoints.folder().to_owned() })?;
    checkpoint::verify(&folder)?;
    Ok(load_safetensors(model, folder.join(MODEL))?)
}
