//! The passes of a batch, and the steps of the optimizers.

use std::time::Instant;

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::gradient::{backward, first_non_finite, first_non_finite_gradient};
use layercake::prelude::*;
use rand::RngCore;

use super::fit::Run;
use super::{Pass, Progress, Seeded, Step, caught};
use crate::TrainError;
use crate::checkpoint::{RunSettings, State};
use crate::data::stream;
use crate::error::OnDevice;

impl<M, D> Run<'_, '_, M, D>
where
    M: TensorCollection<f32, D> + Clone,
    D: Seeded,
{
    /// The passes of a batch, one for each player that is due, and what belongs to the end of a step.
    pub(super) fn batch(&mut self) -> Result<(), TrainError> {
        let due = self.optimizer.due(self.state.step);
        for (i, &player) in due.iter().enumerate() {
            let again = due[..i].iter().filter(|other| **other == player).count();
            self.pass(player, again, i + 1 < due.len())?;
        }
        self.state.batch += 1;
        if self.stepped() {
            self.state.step += 1;
            self.optimizer.follow(self.model, self.state.step)?;
            if let Some(average) = &mut self.average {
                average.try_update(&*self.model).on_device()?;
                self.state.averaged += 1;
            }
        }
        Ok(())
    }

    /// Forward and backward pass of a player on the batch, and its optimizer's step if one is due. It is the player's pass number `again` on the batch, from 0; others may
    /// follow.
    fn pass(&mut self, player: usize, again: usize, others: bool) -> Result<(), TrainError> {
        let State { epoch, batch: number, step, .. } = self.state;
        let RunSettings { batches, accumulate, .. } = self.state.settings;
        let part = self.optimizer.part(player);
        let seed = stream("step", self.trainer.seed, [epoch as u64, number as u64]).next_u64();
        let seed = if part.is_empty() { seed } else { stream("player", seed, [player as u64, again as u64]).next_u64() };
        let gradients = self.gradients.take().expect("`Some` between batches");
        let place = || format!("batch {} of epoch {epoch}", number + 1);
        let done = caught(place, || {
            self.device.seeded(seed, |device| {
                let pass = Pass { gradients, device: device.clone(), epoch, batch: number, step, player: part };
                self.task.loss(self.model, pass, others)
            })
        })?;
        let Step { loss, items, weight, mut metrics, mut weights, late } = done;
        if !weight.is_finite() || weight < 0.0 {
            return Err(TrainError::Setting(format!(
                "{}: the weight of its loss is {weight}; expected a finite number of at least 0",
                place()
            )));
        }
        let value = loss.retaped::<NoneTape>();
        // Accumulated batches are averaged by weight. The total weight is only known after the last batch, so sums are accumulated.
        let alone = accumulate.min(batches - (number - number % accumulate)) == 1;
        let loss = if alone { loss } else { loss * weight as f32 };
        let mut gradients = caught(place, || backward(loss).on_device())?;
        // A device computes behind the program. Its numbers are read here, when it has all the work of the batch, so that it is waited for once.
        let mean = caught(place, || {
            let mean = value.as_vec()[0];
            late.into_iter().for_each(|(name, measure)| {
                let (mean, weight) = measure();
                metrics.set(&name, mean);
                weights.set(&name, weight);
            });
            Ok(mean)
        })?;
        if !mean.is_finite() {
            let cause = first_non_finite(&*self.model).or_else(|| first_non_finite_gradient(&*self.model, &mut gradients));
            return Err(self.diverged(number + 1, mean, cause));
        }
        let first = player == 0 && again == 0;
        if first {
            self.first_loss(mean)?;
            self.loss += if weight > 0.0 { (f64::from(mean) - self.loss) * weight / (self.weight + weight) } else { 0.0 };
        }
        self.weight += weight;
        let running = &mut self.state.running;
        // A metric named `loss` replaces the loss in the report.
        let name = if part.is_empty() { "loss".to_owned() } else { format!("{part}_loss") };
        running.add_mean(&name, metrics.get("loss").unwrap_or(f64::from(mean)), weight);
        for (name, mean) in metrics.iter().filter(|(name, _)| *name != "loss") {
            running.add_mean(name, mean, weights.get(name).unwrap_or(items as f64));
        }
        if first {
            running.count(items);
        }
        let last_of_step = (number + 1).is_multiple_of(accumulate) || number + 1 == batches;
        if last_of_step {
            self.step(player, &mut gradients, if alone { 1.0 } else { 1.0 / self.weight })?;
            self.weight = 0.0;
        }
        self.gradients = Some(gradients);
        Ok(())
    }

    /// Takes a step of a player's optimizer with the scaled gradients. If the total weight is 0, the parameters are not changed.
    fn step(&mut self, player: usize, gradients: &mut Gradients<f32, D>, factor: f64) -> Result<(), TrainError> {
        let base = if player == 0 { self.state.base_lr } else { self.state.further_lrs[player - 1] };
        let lr = self.trainer.lr(base, &self.state)?;
        if player == 0 {
            self.state.lr = lr;
        }
        self.optimizer.player_mut(player).set_lr(lr);
        if self.weight > 0.0 {
            if self.ends_epoch() {
                let (callbacks, model, optimizer) = (&mut self.trainer.callbacks, &*self.model, self.optimizer.player(player));
                let moves = |path: &str| optimizer.moves(path);
                callbacks.iter_mut().try_for_each(|callback| callback.on_gradients(model, gradients, factor, &moves))?;
            }
            let before = self.before_step(player, gradients, factor)?;
            self.optimizer.player_mut(player).step(self.model, gradients, factor)?;
            if self.trainer.world.shards() {
                self.optimizer.player(player).exchange(self.model, &self.trainer.world)?;
            }
            self.after_measured_step(before, factor);
        }
        self.model.try_zero_grads(gradients).on_device()
    }

    /// Runs the callbacks, writes a checkpoint if one is due, and ends the run if it is cancelled.
    pub(super) fn after_step(&mut self, start: Instant) -> Result<(), TrainError> {
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
            unit: self.task.unit(),
            elapsed: start.elapsed(),
        };
        let told = self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_step(&progress, self.model));
        let cancelled = self.trainer.cancellation.as_ref().is_some_and(super::CancellationToken::is_cancelled);
        let ((), cancelled) = self.trainer.world.meet(told, cancelled)?;
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
}
