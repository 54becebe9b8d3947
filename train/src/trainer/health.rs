//! Measures the layers while a run goes on, and warns.

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::optim::BeforeStep;
use layercake::prelude::*;

use super::fit::Run;
use super::{Seeded, caught};
use crate::error::OnDevice;
use crate::health::{LayerHealth, Symptom, Warning, found, warnings};
use crate::metrics::Epoch;
use crate::{Metrics, TrainError};

/// The most steps of an epoch whose gradients are measured: reading all gradients costs as much as a part of the optimizer's step.
const NORMS: usize = 16;
/// The most steps whose layers are measured, which reads the parameters twice more.
const STEPS: usize = 4;
/// The names of what is measured.
const NORM: &str = "gradient_norm";
const FIRST_LOSS: &str = "first_loss";
const GRADIENT: &str = "gradient of ";
const UPDATE: &str = "update of ";

impl<M, D> Run<'_, '_, M, D>
where
    M: TensorCollection<f32, D> + Clone,
    D: Seeded,
{
    /// Keeps the loss of the first batch of the run, and warns if it is strange.
    pub(super) fn first_loss(&mut self, loss: f32) -> Result<(), TrainError> {
        if self.state.epoch > 1 || self.state.batch > 0 || self.trainer.pretrained {
            return Ok(());
        }
        self.state.measured.add_mean(FIRST_LOSS, f64::from(loss), 1.0);
        match crate::health::first_loss(Some(f64::from(loss)), self.task.chance_loss()) {
            Some(text) => self.tell(&Warning::new(Symptom::FirstLoss, 1, text)),
            None => Ok(()),
        }
    }

    /// Whether the step that is due is one of up to `most` of the epoch. By its position in the epoch, so that a resumed run measures the same steps.
    fn is_measured(&self, most: usize) -> bool {
        let accumulate = self.trainer.accumulate;
        let every = self.state.settings.batches.div_ceil(accumulate).div_ceil(most);
        (self.state.batch / accumulate).is_multiple_of(every)
    }

    /// Measures the gradients of some steps. They are multiplied by `factor` when they are used.
    pub(super) fn before_step(
        &mut self,
        player: usize,
        gradients: &mut Gradients<f32, D>,
        factor: f64,
    ) -> Result<Option<BeforeStep<f32>>, TrainError> {
        if self.is_measured(NORMS) {
            let norm = self.optimizer.player(player).grad_norm(&*self.model, gradients)?;
            self.state.measured.add_mean(NORM, factor * norm, 1.0);
        }
        self.is_measured(STEPS).then(|| BeforeStep::new(&*self.model, gradients).on_device()).transpose()
    }

    pub(super) fn after_measured_step(&mut self, before: Option<BeforeStep<f32>>, factor: f64) {
        for step in before.map_or_else(Vec::new, |before| before.steps(&*self.model)) {
            // A vector is a bias or a scale, which begins at 0 or 1, and what a step does not move is frozen.
            let weight = step.shape.len() > 1 && step.norm > 0.0 && step.update_norm > 0.0;
            for (what, norm) in [(GRADIENT, factor * step.gradient_norm), (UPDATE, step.update_norm)] {
                if weight && (norm / step.norm).is_finite() {
                    self.state.measured.add_mean(&format!("{what}{}", step.path), norm / step.norm, 1.0);
                }
            }
        }
    }

    /// An epoch with what was measured besides its metrics.
    pub(super) fn health(&mut self) -> Result<Epoch, TrainError> {
        let epoch = self.state.epoch;
        let (seed, device, task, model) = (self.seed_of("units", epoch), self.device, &mut *self.task, &*self.model);
        let count = || self.trainer.world.together(|| device.seeded(seed, |device| task.units(model, device)));
        let units = caught(|| format!("the units after epoch {epoch}"), count)?;
        let share = |count: usize, of: usize| Some(count as f64 / of.max(1) as f64);
        let activations = units.into_iter().map(|units| LayerHealth {
            layer: units.layer,
            dead: share(units.dead, units.units).filter(|_| units.kind.starts_with("ReLU")),
            saturated: share(units.saturated, units.units).filter(|_| units.kind != "ReLU"),
            ..LayerHealth::default()
        });
        Ok(Epoch {
            gradient_norm: self.state.measured.mean(NORM),
            first_loss: self.state.measured.mean(FIRST_LOSS),
            chance_loss: self.task.chance_loss().filter(|_| epoch == 1),
            layers: weights(&self.state.measured.means()).chain(activations).collect(),
            ..Epoch::default()
        })
    }

    /// Warns of what the epoch shows for the first time.
    pub(super) fn warn(&mut self) -> Result<(), TrainError> {
        let found = match &self.state.partial {
            Some(partial) => found(&[&self.state.history[..], std::slice::from_ref(partial)].concat()),
            None => found(&self.state.history),
        };
        for warning in found {
            // That of the first loss was given after the first batch.
            if warning.symptom() != Symptom::FirstLoss && self.warned.insert(warning.symptom()) {
                self.tell(&warning)?;
            }
        }
        Ok(())
    }

    /// What was said before a resume is not said again.
    pub(super) fn remember_warnings(&mut self) {
        self.warned = warnings(&self.state.history).iter().map(Warning::symptom).collect();
    }

    fn tell(&mut self, warning: &Warning) -> Result<(), TrainError> {
        self.trainer.callbacks.iter_mut().try_for_each(|callback| callback.on_warning(warning))
    }
}

/// The layers with weights. A layer with several of them, such as an LSTM, has an entry for each.
fn weights(measured: &Metrics) -> impl Iterator<Item = LayerHealth> {
    let paths = measured.iter().filter_map(|(name, _)| name.strip_prefix(UPDATE));
    paths.map(|path| LayerHealth {
        layer: path.strip_suffix(".weight").unwrap_or(path).to_owned(),
        gradient: measured.get(&format!("{GRADIENT}{path}")),
        update: measured.get(&format!("{UPDATE}{path}")),
        ..LayerHealth::default()
    })
}
