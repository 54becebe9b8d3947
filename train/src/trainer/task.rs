//! What a network is trained for.

use std::marker::PhantomData;
use std::path::Path;

use layercake::prelude::*;

use crate::TrainError;
use crate::data::Array;
use crate::metrics::Figures;

/// A scalar with the tape that recorded it.
pub type TapedLoss<D> = Tensor<Rank0, f32, D, OwnedTape<f32, D>>;

/// What a task needs for one batch, beside the model and the batch.
#[derive(Debug)]
pub struct Pass<D: Storage<f32> = Cpu> {
    /// The gradients so far, for the tape: `net.forward_train(x, pass.gradients)` or `x.traced(pass.gradients)`.
    pub gradients: Gradients<f32, D>,
    /// Where the batch goes to. Its random numbers (dropout masks, noise) belong to this step: a run that goes on draws the same ones.
    pub device: D,
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// The batch in the epoch, counted from 0.
    pub batch: usize,
    /// The optimizer's steps so far.
    pub step: usize,
}

/// The outcome of one batch.
#[derive(Debug)]
pub struct Step<D: Storage<f32> = Cpu> {
    /// The mean loss of an item; its gradient is what the optimizer gets.
    pub loss: TapedLoss<D>,
    /// How many items it was taken over.
    pub items: usize,
    /// What the loss was divided by: the items, unless [`Step::weighing`] says otherwise. The means of several batches are put together by it.
    pub weight: f64,
    /// Other means over the same items.
    pub figures: Figures,
    /// What some of these were divided by instead.
    pub(crate) weights: Figures,
}

impl<D: Storage<f32>> Step<D> {
    /// A loss and nothing else.
    pub fn new(loss: TapedLoss<D>, items: usize) -> Self {
        Self { loss, items, weight: items as f64, figures: Figures::new(), weights: Figures::new() }
    }

    /// A loss that is a mean over something else than items: the sum of the labels' weights, the labels that are not ignored, the letters. So
    /// accumulated batches and the figures of an epoch are those of one large batch. With 0 the batch counts for nothing; its loss must have
    /// a gradient of 0 then.
    pub fn weighing(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// A figure beside the loss, a mean over the items.
    pub fn with(mut self, name: &str, mean: f64) -> Self {
        self.figures.set(name, mean);
        self
    }

    /// A figure that is a mean over something else.
    pub fn with_weighing(mut self, name: &str, mean: f64, weight: f64) -> Self {
        self.weights.set(name, weight);
        self.with(name, mean)
    }
}

/// What a model `M` is trained for: its loss on a batch, and how it is measured. Only [`Task::loss`] must be written; for a task that is
/// nothing but a loss, [`step`] makes one of a closure.
pub trait Task<M, D: Storage<f32> = Cpu> {
    /// What it takes: what the loader gives.
    type Batch;

    /// What is counted when speed is told.
    const UNIT: &'static str = "items";

    /// The loss of a batch, recorded on a tape that began with `pass.gradients`.
    ///
    /// # Errors
    /// If the batch does not fit the model, or the device fails.
    fn loss(&mut self, model: &mut M, batch: Self::Batch, pass: Pass<D>) -> Result<Step<D>, TrainError>;

    /// Looks, before anything is trained, for what would end the training later: options that do not fit, a test set without items.
    ///
    /// # Errors
    /// What is wrong.
    fn check(&self) -> Result<(), TrainError> {
        Ok(())
    }

    /// Measures the model after each epoch on data that were held out of the training data, with its averaged parameters where there are
    /// any. What is chosen while training (when to stop, which weights are the best, when to lower the learning rate) is chosen by these
    /// figures: chosen by those of the test set, they would say too much of it. [`Validated`](super::Validated) adds them to any task.
    ///
    /// # Errors
    /// If the data cannot be read or do not fit, or the device fails.
    fn validate(&mut self, _model: &M, _device: &D) -> Result<Figures, TrainError> {
        Ok(Figures::new())
    }

    /// Measures the model after each epoch on the test data, with its averaged parameters where there are any. The device's random numbers
    /// belong to the epoch, as those of a step do to the step.
    ///
    /// # Errors
    /// If the data cannot be read or do not fit, or the device fails.
    fn evaluate(&mut self, _model: &M, _device: &D) -> Result<Figures, TrainError> {
        Ok(Figures::new())
    }

    /// Draws pictures of what the model does into the run's folder: after each epoch, and with `last` at the end.
    ///
    /// # Errors
    /// If a picture cannot be written.
    fn draw(&mut self, _model: &M, _device: &D, _folder: &Path, _last: bool) -> Result<(), TrainError> {
        Ok(())
    }

    /// What it carries from one batch to the next, such as the state of a recurrent network, for a checkpoint.
    fn carried(&self) -> Vec<(String, Array<f32>)> {
        Vec::new()
    }

    /// Takes over what [`Task::carried`] gave, to go on with a run.
    ///
    /// # Errors
    /// If that does not fit: the text says why.
    fn carry_on(&mut self, carried: Vec<(String, Array<f32>)>) -> Result<(), String> {
        if carried.is_empty() { Ok(()) } else { Err("this task carries nothing from one batch to the next".to_owned()) }
    }
}

/// A task made of closures: see [`step`].
#[derive(Debug)]
pub struct Closures<L, E, B> {
    loss: L,
    evaluate: E,
    batch: PhantomData<fn(B)>,
}

/// Measures nothing.
type Unmeasured<M, D> = fn(&M, &D) -> Result<Figures, TrainError>;

/// A task out of its loss: `step(|net: &mut Net, batch: Batch, pass: Pass| ..)`.
pub fn step<M, B, D: Storage<f32>, L>(loss: L) -> Closures<L, Unmeasured<M, D>, B>
where
    L: FnMut(&mut M, B, Pass<D>) -> Result<Step<D>, TrainError>,
{
    Closures { loss, evaluate: |_, _| Ok(Figures::new()), batch: PhantomData }
}

impl<L, E, B> Closures<L, E, B> {
    /// Measures the model by this closure after each epoch: `.tested_by(|net: &Net, device: &Cpu| ..)`.
    pub fn tested_by<M, D, F>(self, evaluate: F) -> Closures<L, F, B>
    where
        F: FnMut(&M, &D) -> Result<Figures, TrainError>,
    {
        Closures { loss: self.loss, evaluate, batch: PhantomData }
    }
}

impl<M, B, D: Storage<f32>, L, E> Task<M, D> for Closures<L, E, B>
where
    L: FnMut(&mut M, B, Pass<D>) -> Result<Step<D>, TrainError>,
    E: FnMut(&M, &D) -> Result<Figures, TrainError>,
{
    type Batch = B;

    fn loss(&mut self, model: &mut M, batch: B, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        (self.loss)(model, batch, pass)
    }

    fn evaluate(&mut self, model: &M, device: &D) -> Result<Figures, TrainError> {
        (self.evaluate)(model, device)
    }
}
