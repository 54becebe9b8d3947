//! Tasks: the loss and the evaluation of a model.

use std::marker::PhantomData;
use std::path::Path;

use layercake::explain::LayerUnits;
use layercake::prelude::*;

use crate::TrainError;
use crate::data::Array;
use crate::metrics::Metrics;

/// A scalar loss with its tape.
pub type TapedLoss<D> = Tensor<Rank0, f32, D, OwnedTape<f32, D>>;

/// The context of a forward pass: gradients, device and position in the run.
#[derive(Debug)]
pub struct Pass<D: Storage<f32> = Cpu> {
    /// The accumulated gradients, which start the tape: `net.forward_train(x, pass.gradients)` or `x.traced(pass.gradients)`.
    pub gradients: Gradients<f32, D>,
    /// The device for the batch. It is seeded for this step: dropout masks and noise are the same in a resumed run.
    pub device: D,
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// The batch in the epoch, counted from 0.
    pub batch: usize,
    /// Optimizer steps so far; with several optimizers, batches so far.
    pub step: usize,
    /// With several optimizers that take turns, the part of the model that is moved by this loss: that of its [`Player`](super::Player). Otherwise empty.
    pub player: &'static str,
}

/// A metric that is computed after the backward pass: its name, and what returns its mean and weight.
pub(crate) type Late = (String, Box<dyn FnOnce() -> (f64, f64)>);

/// The loss and metrics of a batch.
#[must_use = "the trainer needs the loss"]
pub struct Step<D: Storage<f32> = Cpu> {
    /// The mean loss; the optimizer gets its gradient.
    pub loss: TapedLoss<D>,
    /// Number of items in the batch.
    pub items: usize,
    /// The weight of the batch when means over several batches are combined: the number of items, or the value of [`Step::with_weight`].
    pub weight: f64,
    /// Other means over the same items.
    pub metrics: Metrics,
    /// The weights of metrics that are not means over the items.
    pub(crate) weights: Metrics,
    /// What is computed after the backward pass.
    pub(crate) late: Vec<Late>,
}

impl<D: Storage<f32>> std::fmt::Debug for Step<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { loss, items, weight, metrics, .. } = self;
        let mut text = f.debug_struct("Step");
        text.field("loss", loss).field("items", items).field("weight", weight).field("metrics", metrics).finish_non_exhaustive()
    }
}

impl<D: Storage<f32>> Step<D> {
    /// A loss that is the mean over `items` items.
    pub fn new(loss: TapedLoss<D>, items: usize) -> Self {
        Self { loss, items, weight: items as f64, metrics: Metrics::new(), weights: Metrics::new(), late: Vec::new() }
    }

    /// Sets the weight of the batch, for a loss that is not a mean over the items: the sum of the label weights, the number of labels that are
    /// not ignored, the number of characters. Accumulated batches and epoch metrics are then those of one large batch. A batch of weight 0 is
    /// ignored; the gradient of its loss must be 0.
    pub fn with_weight(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// Adds a metric that is a mean over the items.
    pub fn with_metric(mut self, name: &str, mean: f64) -> Self {
        self.metrics.set(name, mean);
        self
    }

    /// Adds a metric that is a mean with another weight.
    pub fn with_weighted_metric(mut self, name: &str, mean: f64, weight: f64) -> Self {
        self.weights.set(name, weight);
        self.with_metric(name, mean)
    }

    /// Adds a metric whose mean and weight are computed after the backward pass. Reading numbers from a device waits for all its work, so a metric of
    /// what the model returned is best read then.
    pub fn with_late_metric(mut self, name: &str, measure: impl FnOnce() -> (f64, f64) + 'static) -> Self {
        self.late.push((name.to_owned(), Box::new(measure)));
        self
    }
}

/// What a model `M` is trained for: its loss on a batch and its evaluation. Only [`Task::loss`] is required; [`task_fn`] creates a task from
/// a closure.
pub trait Task<M, D: Storage<f32> = Cpu> {
    /// The loader's batch type.
    type Batch;

    /// What items are called when the speed is reported.
    const UNIT: &'static str = "items";

    /// Computes the loss of a batch, recorded on a tape that starts with `pass.gradients`. With several optimizers ([`InTurn`](super::InTurn)) it is called for each
    /// player.
    ///
    /// # Errors
    /// Returns an error if the batch does not fit the model, or the device fails.
    fn loss(&mut self, model: &mut M, batch: Self::Batch, pass: Pass<D>) -> Result<Step<D>, TrainError>;

    /// Checks the task before training starts: invalid options, an empty test set, a model of other shapes.
    ///
    /// # Errors
    /// Returns an error if the task cannot be trained or evaluated.
    fn check(&self, _model: &M) -> Result<(), TrainError> {
        Ok(())
    }

    /// Evaluates the model on validation data after each epoch, with averaged parameters if there are any. Early stopping, the best weights
    /// and learning rate plateaus use these metrics; selecting by the test set would bias its result. [`WithValidation`](super::WithValidation)
    /// adds validation to any task.
    ///
    /// # Errors
    /// Returns an error if the data cannot be read or do not match the model, or the device fails.
    fn validate(&mut self, _model: &M, _device: &D) -> Result<Metrics, TrainError> {
        Ok(Metrics::new())
    }

    /// Evaluates the model on the test data after each epoch, with averaged parameters if there are any. The device is seeded for the epoch.
    ///
    /// # Errors
    /// Returns an error if the data cannot be read or do not match the model, or the device fails.
    fn evaluate(&mut self, _model: &M, _device: &D) -> Result<Metrics, TrainError> {
        Ok(Metrics::new())
    }

    /// The loss of a model that knows nothing and gives the same for every input: the logarithm of the number of classes for a cross entropy. The trainer warns of
    /// a first loss far from it.
    fn chance_loss(&self) -> Option<f64> {
        None
    }

    /// Counts dead and saturated units over a part of the test data, after each epoch; [`count_units`](crate::health::count_units) does so for a network.
    ///
    /// # Errors
    /// Returns an error if the data cannot be read or do not match the model, or the device fails.
    fn units(&mut self, _model: &M, _device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        Ok(Vec::new())
    }

    /// Draws pictures of the model's results into the folder, after each epoch; `last` is set after the last one.
    ///
    /// # Errors
    /// Returns an error if a picture cannot be written.
    fn draw(&mut self, _model: &M, _device: &D, _folder: &Path, _last: bool) -> Result<(), TrainError> {
        Ok(())
    }

    /// The state carried from batch to batch, such as that of a recurrent network, for checkpoints.
    fn state(&self) -> Vec<(String, Array<f32>)> {
        Vec::new()
    }

    /// Restores the state returned by [`Task::state`], on the device of the model.
    ///
    /// # Errors
    /// Returns an error if the state does not match the task, with the reason.
    fn load_state(&mut self, state: Vec<(String, Array<f32>)>, _device: &D) -> Result<(), String> {
        if state.is_empty() { Ok(()) } else { Err("this task has no state".to_owned()) }
    }

    /// Writes files of its own into a checkpoint, beside the trainer's: a second network, a second optimizer, a memory. Their checksums are kept with
    /// those of the other files. The names `model`, `optimizer`, `optimizer.PART`, `average`, `best`, `task_state` and `state` are taken.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written.
    fn save_files(&self, _folder: &Path) -> Result<(), TrainError> {
        Ok(())
    }

    /// Reads the files that [`Task::save_files`] wrote. The model has the checkpoint's parameters.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or does not match the task.
    fn load_files(&mut self, _folder: &Path, _model: &M) -> Result<(), TrainError> {
        Ok(())
    }
}

/// A task made of closures; see [`task_fn`].
#[derive(Debug)]
#[must_use = "a task does nothing until passed to a trainer"]
pub struct TaskFn<L, E, B> {
    loss: L,
    evaluate: E,
    batch: PhantomData<fn(B)>,
}

/// An evaluation without metrics.
type NoEvaluation<M, D> = fn(&M, &D) -> Result<Metrics, TrainError>;

/// Creates a task from its loss: `task_fn(|net: &mut Net, batch: Batch, pass: Pass| ..)`.
pub fn task_fn<M, B, D: Storage<f32>, L>(loss: L) -> TaskFn<L, NoEvaluation<M, D>, B>
where
    L: FnMut(&mut M, B, Pass<D>) -> Result<Step<D>, TrainError>,
{
    TaskFn { loss, evaluate: |_, _| Ok(Metrics::new()), batch: PhantomData }
}

impl<L, E, B> TaskFn<L, E, B> {
    /// Evaluates the model with this closure after each epoch: `.with_evaluation(|net: &Net, device: &Cpu| ..)`.
    pub fn with_evaluation<M, D, F>(self, evaluate: F) -> TaskFn<L, F, B>
    where
        F: FnMut(&M, &D) -> Result<Metrics, TrainError>,
    {
        TaskFn { loss: self.loss, evaluate, batch: PhantomData }
    }
}

impl<M, B, D: Storage<f32>, L, E> Task<M, D> for TaskFn<L, E, B>
where
    L: FnMut(&mut M, B, Pass<D>) -> Result<Step<D>, TrainError>,
    E: FnMut(&M, &D) -> Result<Metrics, TrainError>,
{
    type Batch = B;

    fn loss(&mut self, model: &mut M, batch: B, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        (self.loss)(model, batch, pass)
    }

    fn evaluate(&mut self, model: &M, device: &D) -> Result<Metrics, TrainError> {
        (self.evaluate)(model, device)
    }
}
