//! What is measured and drawn at the end of an epoch.

use std::time::Instant;

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::gradient::first_non_finite;
use rand::RngCore;

use super::fit::Run;
use super::staging::Staging;
use super::{Seeded, caught};
use crate::data::stream;
use crate::metrics::Epoch;
use crate::{Metrics, TrainError};

impl<M, D> Run<'_, '_, M, D>
where
    M: TensorCollection<f32, D> + Clone,
    D: Seeded,
{
    /// Evaluates the task at the end of an epoch, or of the part of an epoch that the number of steps allows.
    pub(super) fn measure(&mut self, start: Instant, training: f64, before: f64) -> Result<(), TrainError> {
        let epoch = self.state.epoch;
        let (seed, device, task, model) = (self.seed_of("validation", epoch), self.device, &mut *self.task, &*self.model);
        let validate = || self.trainer.world.together(|| device.seeded(seed, |device| task.validate(model, device)));
        let validation = caught(|| format!("the validation after epoch {epoch}"), validate)?;
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
            unit: self.task.unit().to_owned(),
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

    pub(super) fn test(&mut self) -> Result<Metrics, TrainError> {
        if self.trainer.untested {
            return Ok(Metrics::new());
        }
        // A partial epoch is evaluated with the random numbers of its epoch.
        let epoch = self.state.epoch;
        let (seed, device, task, model) = (self.seed_of("test", epoch), self.device, &mut *self.task, &*self.model);
        let evaluate = || self.trainer.world.together(|| device.seeded(seed, |device| task.evaluate(model, device)));
        caught(|| format!("the test after epoch {epoch}"), evaluate)
    }

    /// A seed by purpose and epoch: a task's random numbers must not depend on earlier draws.
    pub(super) fn seed_of(&self, purpose: &str, epoch: usize) -> u64 {
        stream(purpose, self.trainer.seed, [epoch as u64, 0]).next_u64()
    }

    /// Calls [`Task::draw`] with a staging folder, so that the run knows which files were drawn.
    pub(super) fn draw(&mut self, last: bool) -> Result<(), TrainError> {
        let Some(folder) = self.trainer.pictures.clone().filter(|_| self.trainer.world.is_root()) else { return Ok(()) };
        let epoch = self.state.epoch;
        let staging = Staging::new(&folder)?;
        let (seed, device, task, model) = (self.seed_of("pictures", epoch), self.device, &mut *self.task, &*self.model);
        let drawn = || device.seeded(seed, |device| task.draw(model, device, staging.path(), last));
        caught(|| format!("the drawing after epoch {epoch}"), drawn)?;
        let names = staging.names()?;
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_pictures(&names))?;
        staging.publish()
    }
}
