//! Who is told how training goes.

use std::time::Duration;

use crate::TrainError;
use crate::metrics::{Epoch, Running};

/// Is told how training goes, and can end it.
pub trait Callback<M, D> {
    /// The optimizer took a step.
    ///
    /// # Errors
    /// Whatever should end the training.
    fn on_step(&mut self, _: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        Ok(())
    }

    /// An epoch is done and the model has been measured. The model has its averaged parameters, where there are any.
    ///
    /// # Errors
    /// Whatever should end the training.
    fn on_epoch(&mut self, _: &Epoch, _: &M) -> Result<(), TrainError> {
        Ok(())
    }

    /// A run goes on that was interrupted, after these epochs.
    ///
    /// # Errors
    /// Whatever should end the training.
    fn on_resume(&mut self, _: &[Epoch]) -> Result<(), TrainError> {
        Ok(())
    }

    /// Pictures are about to get these names in the folder of [`Trainer::pictures`](super::Trainer::pictures).
    ///
    /// # Errors
    /// Whatever should end the training.
    fn on_pictures(&mut self, _: &[String]) -> Result<(), TrainError> {
        Ok(())
    }

    /// Training is done. The model has the weights that it is left with.
    ///
    /// # Errors
    /// Whatever should end the training.
    fn on_end(&mut self, _: &Ending<'_>, _: &M) -> Result<(), TrainError> {
        Ok(())
    }
}

/// How training ended.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// All epochs.
    pub history: &'a [Epoch],
    /// The epoch after which the model had the weights that it is left with: the last one, or the best one where that was wished.
    pub weights_of: usize,
    /// Did it end before its time, for want of progress?
    pub stopped_early: bool,
    /// The figure that chose the weights, where one did.
    pub chosen_by: Option<&'a str>,
}

/// How far training has come.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Its batches so far.
    pub batch: usize,
    /// The batches of an epoch.
    pub batches: usize,
    /// The optimizer's steps since the run began.
    pub step: usize,
    /// The learning rate of this step.
    pub lr: f64,
    /// The means over the epoch so far.
    pub train: &'a Running,
    /// What is counted: `images`.
    pub unit: &'static str,
    /// How long the epoch has taken so far.
    pub elapsed: Duration,
}
