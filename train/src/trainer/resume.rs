//! The checkpoints of a training run: what is written, and how a run goes on from them.

use std::path::Path;

use layercake::average::AveragedModel;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::io::{load_safetensors, save_safetensors};
use layercake::prelude::*;

use super::fit::Run;
use super::{Seeded, Steps, Until};
use crate::TrainError;
use crate::checkpoint::{self, STATE, State, load_task_state, remove_temporaries, save_task_state};

const MODEL: &str = "model.safetensors";
const AVERAGE: &str = "average.safetensors";
const BEST: &str = "best.safetensors";
const TASK_STATE: &str = "task_state.safetensors";

impl<M, D> Run<'_, '_, M, D>
where
    M: TensorCollection<f32, D> + Clone,
    D: Seeded,
{
    /// Writes a checkpoint, on rank 0; all ranks call it.
    pub(super) fn save(&mut self) -> Result<(), TrainError> {
        let world = &self.trainer.world;
        let whole: Option<Vec<_>> = (world.shards() && self.trainer.checkpoints.is_some())
            .then(|| (0..self.optimizer.count()).map(|number| self.optimizer.player(number).whole(world, world.is_root())).collect());
        let saved = if world.is_root() { self.save_here(whole.as_deref()) } else { Ok(()) };
        self.trainer.world.agree(saved)
    }

    /// Writes a checkpoint, with the optimizers' states from `whole` if each rank has a part of them.
    fn save_here(&self, whole: Option<&[Box<dyn Steps<M, D>>]>) -> Result<(), TrainError> {
        let Some(checkpoints) = &self.trainer.checkpoints else { return Ok(()) };
        if let Some(lock) = &self.lock {
            lock.must_be_in_place()?;
        }
        checkpoints.write(|folder| {
            save_safetensors(&*self.model, folder.join(MODEL))?;
            for number in 0..self.optimizer.count() {
                let optimizer = whole.map_or_else(|| self.optimizer.player(number), |whole| &*whole[number]);
                optimizer.save(&folder.join(optimizer_file(self.optimizer.part(number))))?;
            }
            if let Some(average) = &self.average {
                save_safetensors(&average.model, folder.join(AVERAGE))?;
            }
            if let Some(best) = &self.best {
                save_safetensors(best, folder.join(BEST))?;
            }
            save_task_state(&folder.join(TASK_STATE), &self.task.state())?;
            self.task.save_files(folder)?;
            self.state.save(&folder.join(STATE))
        })
    }

    /// Loads the latest checkpoint if the run is to be resumed; otherwise removes old checkpoints.
    pub(super) fn begin(&mut self) -> Result<(), TrainError> {
        let Some(checkpoints) = &self.trainer.checkpoints else { return Ok(()) };
        let world = self.trainer.world.clone();
        let cleaned = if world.is_root() { remove_temporaries(checkpoints.folder(), checkpoint::is_number) } else { Ok(()) };
        world.agree(cleaned)?;
        if !self.trainer.resume {
            let cleared = if world.is_root() { checkpoints.clear() } else { Ok(()) };
            return world.agree(cleared);
        }
        let latest = world.agree(checkpoints.latest())?;
        world.must_be_equal(&[("latest checkpoint", format!("{latest:?}"))])?;
        let Some(folder) = latest else { return Ok(()) };
        let loaded = self.load(&folder);
        world.agree(loaded)?;
        self.remember_warnings();
        let history = self.done();
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_resume(&history))
    }

    fn load(&mut self, folder: &Path) -> Result<(), TrainError> {
        checkpoint::verify(folder)?;
        let path = folder.join(STATE);
        let state = State::load(&path, self.state.settings)?;
        let beyond = match self.trainer.until {
            Until::Epochs(epochs) => state.epoch.saturating_sub(1) > epochs || (state.epoch > epochs && state.batch > 0),
            Until::Steps(steps) => state.step > steps,
        };
        if beyond {
            let reason = format!("the checkpoint is at step {} of epoch {}, after the requested end of the run", state.step, state.epoch);
            return Err(TrainError::Content { path, reason });
        }
        if let Some(last) = state.history.last() {
            self.trainer.check_metrics(last)?;
        }
        load_safetensors(self.model, folder.join(MODEL))?;
        let further = self.optimizer.count() - 1;
        if state.further_lrs.len() != further {
            let reason = format!("the checkpoint has {} optimizers, this run has {}", 1 + state.further_lrs.len(), 1 + further);
            return Err(TrainError::Content { path, reason });
        }
        for number in 0..=further {
            let file = folder.join(optimizer_file(self.optimizer.part(number)));
            self.optimizer.player_mut(number).load(&*self.model, &file)?;
        }
        if let Some(averaging) = self.trainer.averaging {
            if state.averaged != state.step as u64 {
                let reason = format!("the checkpoint's parameter average covers {} of its {} steps", state.averaged, state.step);
                return Err(TrainError::Content { path, reason });
            }
            let mut average = self.model.clone();
            load_safetensors(&mut average, folder.join(AVERAGE))?;
            self.average = Some(AveragedModel::resumed(average, averaging, state.averaged));
        }
        if let Some(best) = self.trainer.best_of(&state.history) {
            if state.best != Some(best + 1) {
                let reason = format!("the checkpoint does not contain the weights of epoch {}, the best so far", best + 1);
                return Err(TrainError::Content { path, reason });
            }
            let mut model = self.model.clone();
            load_safetensors(&mut model, folder.join(BEST))?;
            self.best = Some(model);
        }
        let path = folder.join(TASK_STATE);
        let task_state = load_task_state(&path)?;
        self.task.load_state(task_state, self.device).map_err(|reason| TrainError::Content { path, reason })?;
        self.task.load_files(folder, &*self.model)?;
        self.state = state;
        // With more steps to take, the partial epoch continues.
        if !self.enough_steps() {
            self.state.partial = None;
        }
        Ok(())
    }
}

/// The file of the optimizer of a part of the model, or of the only one.
fn optimizer_file(part: &str) -> String {
    if part.is_empty() { "optimizer.safetensors".to_owned() } else { format!("optimizer.{part}.safetensors") }
}

/// Loads the parameters of the latest checkpoint, without the rest of the training state.
///
/// # Errors
/// Returns an error if there is no checkpoint, it cannot be read, or it is damaged.
pub fn load_latest<M: TensorCollection<f32, D>, D: Device<f32>>(
    checkpoints: &checkpoint::Checkpoints,
    model: &mut M,
) -> Result<(), TrainError> {
    let folder = checkpoints.latest()?.ok_or_else(|| TrainError::NoCheckpoint { path: checkpoints.folder().to_owned() })?;
    checkpoint::verify(&folder)?;
    load_safetensors(model, folder.join(MODEL))?;
    Ok(())
}
