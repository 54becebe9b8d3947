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

use super::{Pass, Progress, Seeded, Step, Task, Trainer, Until};
use crate::checkpoint::{self, State, Told, load_carried, remove_temporaries, save_carried};
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
    /// parameters, where they are kept.
    ///
    /// The same seeds (the trainer's, the loader's, that of the first parameters) give the same model on the CPU, to the bit, on any
    /// number of threads and workers, and however often the run was interrupted and resumed.
    ///
    /// # Errors
    /// If an item cannot be read, the device fails, the loss is no number any more, a callback or the task fails, or the run is stopped.
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
        let mut run = Run {
            state: State::new(told, optimizer.cfg.lr()),
            average: self.averaging.map(|averaging| Averaged::new(model, averaging)),
            gradients: Some(model.try_alloc_grads().on_device()?),
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
        if let Some(average) = &mut run.average {
            average.swap(run.model);
        }
        Ok(run.state.history)
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
    /// There between two batches.
    gradients: Option<Gradients<f32, D>>,
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
        let over = match self.trainer.until {
            Until::Epochs(epochs) => self.state.epoch > epochs,
            Until::Steps(steps) => self.state.batch == 0 && self.state.step >= steps,
        };
        // Between two epochs only.
        let stopping = self.trainer.early_stopping.as_ref();
        let ends = |state: &State| {
            stopping.is_some_and(|by| by.ends(state.history.iter().map(|epoch| epoch.figure(&by.figure).unwrap_or(f64::NAN))))
        };
        over || (self.state.batch == 0 && ends(&self.state))
    }

    /// One epoch, or the rest of it.
    fn epoch<S>(&mut self, data: &Loader<S>) -> Result<(), TrainError>
    where
        S: Dataset,
        S::Item: Collate<Batch = T::Batch>,
    {
        let (start, before) = (Instant::now(), self.state.elapsed);
        for batch in data.epoch_from(self.state.epoch, self.state.batch) {
            if self.enough_steps() {
                break;
            }
            self.batch(batch?)?;
            self.state.elapsed = before + start.elapsed().as_secs_f64();
            if self.stepped() {
                self.after_step(start)?;
            }
        }
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
        let Step { loss, items, mut figures } = self.task.loss(self.model, batch, pass)?;
        let mean = loss.as_vec()[0];
        // The batches of one step: fewer at the end of an epoch.
        let first = number - number % accumulate;
        let share = accumulate.min(batches - first);
        let loss = if share == 1 { loss } else { loss * (1.0 / share as f32) };
        let mut gradients = loss.try_backward().on_device()?;
        if !mean.is_finite() {
            let cause = first_non_finite(&*self.model).or_else(|| first_non_finite_gradient(&*self.model, &mut gradients));
            return Err(self.diverged(number + 1, mean, cause));
        }
        figures = std::iter::once(("loss", f64::from(mean)))
            .chain(figures.iter())
            .fold(Figures::new(), |all, (name, value)| all.with(name, value));
        self.state.running.add(&figures, items);
        self.state.batch += 1;
        if self.stepped() {
            self.state.lr = self.trainer.lr(&self.state);
            self.optimizer.cfg.set_lr(self.state.lr);
            self.optimizer.step(self.model, &mut gradients).map_err(TrainError::step)?;
            self.model.try_zero_grads(&mut gradients).on_device()?;
            self.state.step += 1;
            if let Some(average) = &mut self.average {
                average.try_update(&*self.model).on_device()?;
                self.state.averaged += 1;
            }
        }
        self.gradients = Some(gradients);
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

    /// The end of an epoch.
    fn measure(&mut self, start: Instant, training: f64, before: f64) -> Result<(), TrainError> {
        let test = self.task.evaluate(&*self.model, self.device)?;
        if let Some(loss) = test.get("loss").filter(|loss| !loss.is_finite()) {
            return Err(self.diverged(self.state.batch, loss as f32, first_non_finite(&*self.model)));
        }
        let figures = Epoch {
            epoch: self.state.epoch,
            step: self.state.step,
            lr: self.state.lr,
            train: self.state.running.means(),
            test,
            unit: T::UNIT.to_owned(),
            items_per_second: self.state.running.items() as f64 / training,
            seconds: before + start.elapsed().as_secs_f64(),
        };
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_epoch(&figures, self.model))?;
        self.state.history.push(figures);
        self.state.epoch += 1;
        self.state.batch = 0;
        self.state.running = crate::Running::new();
        self.state.elapsed = 0.0;
        let last = self.is_done();
        match &self.trainer.pictures {
            Some(folder) => self.task.draw(&*self.model, self.device, folder, last),
            None => Ok(()),
        }
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
        checkpoints.write(|folder| {
            save_safetensors(&*self.model, folder.join(MODEL))?;
            self.optimizer.save(folder.join(OPTIMIZER))?;
            if let Some(average) = &self.average {
                save_safetensors(&average.model, folder.join(AVERAGE))?;
            }
            save_carried(&folder.join(CARRIED), &self.task.carried())?;
            self.state.save(&folder.join(STATE))
        })
    }

    /// From the latest checkpoint, if the run is to go on and there is one; otherwise from nothing, without old checkpoints.
    fn begin(&mut self) -> Result<(), TrainError> {
        let Some(checkpoints) = &self.trainer.checkpoints else { return Ok(()) };
        remove_temporaries(checkpoints.folder())?;
        let Some(folder) = checkpoints.latest()? else { return Ok(()) };
        if !self.trainer.resume {
            return checkpoints.clear();
        }
        self.load(&folder)?;
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_resume(&self.state.history))
    }

    fn load(&mut self, folder: &Path) -> Result<(), TrainError> {
        let state = State::load(&folder.join(STATE), self.state.told)?;
        load_safetensors(self.model, folder.join(MODEL))?;
        self.optimizer.load(&*self.model, folder.join(OPTIMIZER))?;
        if let Some(averaging) = self.trainer.averaging {
            let mut average = self.model.clone();
            load_safetensors(&mut average, folder.join(AVERAGE))?;
            self.average = Some(Averaged::resumed(average, averaging, state.averaged));
        }
        let path = folder.join(CARRIED);
        let carried = load_carried(&path)?;
        self.task.carry_on(carried).map_err(|reason| TrainError::Content { path, reason })?;
        self.state = state;
        Ok(())
    }
}

const MODEL: &str = "model.safetensors";
const OPTIMIZER: &str = "optimizer.safetensors";
const AVERAGE: &str = "average.safetensors";
const CARRIED: &str = "carried.safetensors";
const STATE: &str = "state.json";

/// The parameters in the latest checkpoint of a run's folder of checkpoints, for whoever wants nothing but these.
///
/// # Errors
/// If there is none, or it cannot be read.
pub fn load_latest<M: TensorCollection<f32, D>, D: Device<f32>>(
    checkpoints: &checkpoint::Checkpoints,
    model: &mut M,
) -> Result<(), TrainError> {
    let folder = checkpoints.latest()?.ok_or_else(|| TrainError::NoCheckpoint { path: checkpoints.folder().to_owned() })?;
    Ok(load_safetensors(model, folder.join(MODEL))?)
}
