//! Callbacks of the trainer.

use std::time::Duration;

use layercake::prelude::*;

use crate::TrainError;
use crate::health::Warning;
use crate::metrics::{Epoch, RunningMetrics};

/// A callback of the trainer. An error ends the run.
pub trait Callback<M, D> {
    /// Called after an optimizer step.
    ///
    /// # Errors
    /// Errors end the run.
    fn on_step(&mut self, _: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called before the optimizer step with which an epoch ends, with the gradients that the optimizer will multiply by `factor`: a step of several batches takes their
    /// mean. They are not clipped yet. `moves` tells by path which parameters the optimizer moves; of several optimizers that take turns, each step is one.
    ///
    /// # Errors
    /// Errors end the run.
    fn on_gradients(&mut self, _: &M, _: &mut Gradients<f32, D>, _factor: f64, _moves: &dyn Fn(&str) -> bool) -> Result<(), TrainError>
    where
        D: Storage<f32>,
    {
        Ok(())
    }

    /// Called after an epoch and its evaluation. The model has its averaged parameters, if there are any.
    ///
    /// # Errors
    /// Errors end the run.
    fn on_epoch(&mut self, _: &Epoch, _: &M) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called when the trainer sees a sign of trouble, once for each kind. Without a callback that shows it nobody hears of it; [`ProgressReport`](super::ProgressReport) prints it.
    ///
    /// # Errors
    /// Errors end the run.
    fn on_warning(&mut self, _: &Warning) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called when a run is resumed, with the epochs so far.
    ///
    /// # Errors
    /// Errors end the run.
    fn on_resume(&mut self, _: &[Epoch]) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called before pictures with these names are moved to the folder of [`Trainer::pictures`](super::Trainer::pictures).
    ///
    /// # Errors
    /// Errors end the run.
    fn on_pictures(&mut self, _: &[String]) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called at the end of the run. The model has its final weights.
    ///
    /// # Errors
    /// Errors end the run.
    fn on_end(&mut self, _: &TrainingEnd<'_>, _: &M) -> Result<(), TrainError> {
        Ok(())
    }
}

/// The end of a training run.
#[derive(Clone, Copy, Debug)]
pub struct TrainingEnd<'a> {
    /// All epochs.
    pub history: &'a [Epoch],
    /// The epoch of the final weights: the last one, or the best one if restored.
    pub weights_epoch: usize,
    /// Whether early stopping ended the run.
    pub stopped_early: bool,
    /// The metric that selected the weights, if they were selected.
    pub selected_by: Option<&'a str>,
}

/// The progress of a training run.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Batches of the epoch so far.
    pub batch: usize,
    /// Batches per epoch.
    pub batches: usize,
    /// Optimizer steps since the start of the run.
    pub step: usize,
    /// The learning rate of this step.
    pub lr: f64,
    /// The mean loss over the batches of this step, before the step.
    pub loss: f64,
    /// Means over the epoch so far.
    pub train: &'a RunningMetrics,
    /// What the items are: `images`.
    pub unit: &'static str,
    /// The duration of the epoch so far.
    pub elapsed: Duration,
}
