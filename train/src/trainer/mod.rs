//! The trainer: the training loop and its options.

mod callback;
mod cancellation;
mod classification;
mod classifier;
mod criterion;
mod early_stopping;
mod evaluation;
mod filters;
mod fit;
mod health;
mod in_turn;
mod lessons;
mod lr_range;
mod optimizers;
mod per_position;
mod reconstruction;
mod report;
mod resume;
mod samples;
mod schedule;
mod seeded;
mod staging;
mod step;
mod supervised;
mod task;
mod validated;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use layercake::DeviceError;
use layercake::average::Averaging;
use layercake::prelude::*;
use layercake::schedule::{Better, ReduceOnPlateau};

use crate::checkpoint::{Checkpoints, State};
use crate::distributed::World;
use crate::{Epoch, TrainError};
pub use callback::{Callback, Progress, TrainingEnd};
pub use cancellation::CancellationToken;
pub use classification::{Classification, evaluate};
pub use classifier::{Classifier, ImageBatch, Scores};
pub use criterion::{Criterion, label_weight};
pub use early_stopping::EarlyStopping;

pub use in_turn::{InTurn, Player};
pub(crate) use lessons::{Lesson, Lessons, Sizes};
pub(crate) use lr_range::Smoothed;
pub use lr_range::{LrCurve, LrRange};
pub use optimizers::Optimizers;
pub(crate) use optimizers::{Players, Steps};
pub use per_position::PerPosition;
pub use reconstruction::{Reconstruction, ReconstructionLoss};
pub use report::ProgressReport;
pub(crate) use report::say;
pub use resume::load_latest;
pub use schedule::{LrSchedule, RunSchedule};
pub use seeded::Seeded;
pub use supervised::{Goal, NumberTarget, Predictions, Supervised, infer};
pub use task::{Pass, Step, TapedLoss, Task, TaskFn, task_fn};
pub use validated::{WithValidation, hold_out};

/// The length of a training run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// A number of epochs.
    Epochs(usize),
    /// A number of optimizer steps; the last epoch may be partial.
    Steps(usize),
}

/// The training loop, [`Trainer::fit`], and its options. Only the length of the run is required.
///
/// The trainer is independent of the [`Task`], which defines the loss and the evaluation: [`Classification`] for image classifiers, a
/// closure ([`task_fn`]) for a custom loss, an implementation of the trait for tasks with state or pictures. The model can be any network
/// from `network!` or a `derive(Model)` struct. For a training loop without the trainer, see `examples/hand_loop.rs`.
///
/// A variational autoencoder, with two outputs and sampling:
///
/// ```
/// use layercake::loss::BceWithLogits;
/// use layercake::optim::{Adam, AdamConfig};
/// use layercake::prelude::*;
/// use layercake_train::data::{Batch, Loader, Split, digits};
/// use layercake_train::{Metrics, Pass, Step, Trainer, TrainError, Until, task_fn};
///
/// network! {
///     Encoder: [1, 8, 8] -> { mean: [3], logvar: [3] } {
///         Flatten, fc1: Linear(32), ReLU as hidden, fc21: Linear(3), output mean, from hidden, fc22: Linear(3), output logvar,
///     }
///     Decoder: [3] -> [1, 8, 8] { fc1: Linear(32), ReLU, fc2: Linear(64), Reshape(1, 8, 8) }
/// }
///
/// #[derive(Clone, Debug, Model)]
/// struct Vae<E: Dtype = f32, D: Storage<E> = Cpu> {
///     encoder: Encoder<E, D>,
///     decoder: Decoder<E, D>,
/// }
///
/// type Images = Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, Cpu>;
///
/// let mut negative_elbo = task_fn(|vae: &mut Vae, batch: Batch, pass: Pass| {
///     let items = batch.labels.len();
///     let images: Images = batch.images.into_tensor(&pass.device)?;
///     let (mean, logvar) = vae.encoder.forward_train(images.clone(), pass.gradients);
///     let kl = loss::gaussian_kl(mean.retaped::<OwnedTape<_, _>>(), logvar.retaped::<OwnedTape<_, _>>());
///     let noise = pass.device.sample_normal_like(mean.shape());
///     let latent = (logvar * 0.5).exp() * noise + mean;
///     let back = vae.decoder.forward_mut(latent);
///     let reconstruction = BceWithLogits::default().sum(back, images) / items as f32;
///     Ok::<_, TrainError>(Step::new(reconstruction + kl.mean(), items))
/// });
///
/// let device = Cpu::seed_from_u64(1);
/// let mut vae = Vae::new(&device);
/// let mut optimizer = Adam::new(&vae, AdamConfig { lr: 3e-3, ..Default::default() });
/// let Split { train, .. } = digits();
/// let train = Loader::new(train, 32).shuffle(1);
/// let history = Trainer::new(Until::Epochs(3)).seed(1).fit(&mut vae, &device, &mut optimizer, &mut negative_elbo, &train)?;
/// assert!(history[2].train.get("loss") < history[0].train.get("loss"));
/// # Ok::<(), TrainError>(())
/// ```
#[must_use = "a trainer does nothing until `fit` is called"]
pub struct Trainer<'a, M, D: Storage<f32> = Cpu> {
    until: Until,
    seed: u64,
    schedule: Option<Box<dyn layercake::schedule::Schedule + 'a>>,
    plateau: Option<(String, ReduceOnPlateau)>,
    accumulate: usize,
    averaging: Option<Averaging>,
    early_stopping: Option<EarlyStopping>,
    restore_best: Option<(String, Better)>,
    callbacks: Vec<&'a mut dyn Callback<M, D>>,
    pictures: Option<PathBuf>,
    checkpoints: Option<Checkpoints>,
    resume: bool,
    cancellation: Option<CancellationToken>,
    world: World,
    pretrained: bool,
    untested: bool,
}

impl<'a, M, D: Storage<f32>> Trainer<'a, M, D> {
    /// Creates a trainer with default options.
    pub fn new(until: Until) -> Self {
        Self {
            until,
            seed: 0,
            schedule: None,
            plateau: None,
            accumulate: 1,
            averaging: None,
            early_stopping: None,
            restore_best: None,
            callbacks: Vec::new(),
            pictures: None,
            checkpoints: None,
            resume: false,
            cancellation: None,
            world: World::one(),
            pretrained: false,
            untested: false,
        }
    }

    /// Seeds the random numbers of each step: dropout masks and draws from [`Pass::device`].
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the learning rate schedule, relative to the optimizer's initial learning rate.
    pub fn schedule(self, schedule: impl layercake::schedule::Schedule + 'a) -> Self {
        Self { schedule: Some(Box::new(schedule)), ..self }
    }

    /// Lowers the learning rate when a metric stops improving. The metric has its name in `metrics.jsonl`: use one of the validation set
    /// (`validation_loss`), since selecting by the test set biases its result. A name without prefix (`loss`) is the validation metric if
    /// there is one, otherwise the test metric.
    pub fn plateau(self, metric: &str, plateau: ReduceOnPlateau) -> Self {
        Self { plateau: Some((metric.to_owned(), plateau)), ..self }
    }

    /// Gradient accumulation: takes an optimizer step after this number of batches, by the mean loss weighted by [`Step::weight`]. The last step
    /// of an epoch may have fewer batches. 0 is an error of [`Trainer::fit`].
    pub fn accumulate(self, batches: usize) -> Self {
        Self { accumulate: batches, ..self }
    }

    /// Averages the parameters over the steps. Evaluation, the run folder and the final model use the average.
    pub fn average(self, averaging: Averaging) -> Self {
        Self { averaging: Some(averaging), ..self }
    }

    /// Stops the run when a metric stops improving. The model keeps the weights of the last epoch, unless [`Trainer::restore_best`] is set.
    pub fn early_stopping(self, early_stopping: EarlyStopping) -> Self {
        Self { early_stopping: Some(early_stopping), ..self }
    }

    /// Restores the weights of the epoch with the best metric at the end; of equals the first. The metric must be a validation metric,
    /// `validation_loss` or `loss` for short (see [`WithValidation`]); test metrics are rejected. The best weights are kept in memory and in
    /// checkpoints.
    pub fn restore_best(self, metric: &str, better: Better) -> Self {
        Self { restore_best: Some((metric.to_owned(), better)), ..self }
    }

    /// Adds a callback.
    pub fn callback(mut self, callback: &'a mut dyn Callback<M, D>) -> Self {
        self.callbacks.push(callback);
        self
    }

    /// Sets the folder for [`Task::draw`]. Pictures are drawn in a temporary folder and moved when all are complete.
    pub fn pictures(self, folder: impl Into<PathBuf>) -> Self {
        Self { pictures: Some(folder.into()), ..self }
    }

    /// Writes checkpoints. Existing checkpoints are removed, unless [`Trainer::resume`] is set.
    pub fn checkpoints(self, checkpoints: Checkpoints) -> Self {
        Self { checkpoints: Some(checkpoints), ..self }
    }

    /// Resumes from the latest checkpoint, if there is one, with the same bits as an uninterrupted run. A finished run can be resumed with more
    /// epochs, steps or patience. Without [`Trainer::checkpoints`] this is an error.
    pub fn resume(self, resume: bool) -> Self {
        Self { resume, ..self }
    }

    /// The parameters are trained already, so that their first loss says nothing about the [health](crate::health) of the run.
    pub fn pretrained(self, pretrained: bool) -> Self {
        Self { pretrained, ..self }
    }

    /// Ends the run after the current step when the token is cancelled, with a checkpoint and
    /// [`TrainError::Interrupted`](crate::TrainError::Interrupted).
    pub fn cancellation(self, token: CancellationToken) -> Self {
        Self { cancellation: Some(token), ..self }
    }

    /// Trains with all ranks of the world, to the same bits as one rank. All ranks call [`Trainer::fit`] with the same settings, data and initial model; each takes a part
    /// of every batch through the network, in training and in evaluation. Rank 0 alone calls the callbacks, draws pictures and writes checkpoints; the others read the
    /// checkpoint of a resumed run, so they see the same folder. The number of ranks may differ from that of the run that is resumed.
    ///
    /// An error of one rank ends all of them.
    pub fn world(self, world: World) -> Self {
        Self { world, ..self }
    }

    /// Does not evaluate the task on its test data: for runs that are compared by their validation metrics, of which only the best is tested.
    pub fn without_test(self) -> Self {
        Self { untested: true, ..self }
    }

    /// The learning rate of the next step of an optimizer whose own one is `base`, a function of the run's position and metrics.
    fn lr(&self, base: f64, state: &State) -> Result<f64, TrainError> {
        let base = match &self.plateau {
            Some((metric, plateau)) => {
                let mut plateau = ReduceOnPlateau { lr: base, ..*plateau };
                let metrics = state.history.iter().map(|epoch| early_stopping::metric(epoch, metric).unwrap_or(f64::NAN));
                metrics.fold(base, |_, metric| plateau.step(metric))
            }
            None => base,
        };
        let Some(schedule) = &self.schedule else { return Ok(base) };
        let lr = caught(|| "the schedule".to_owned(), || Ok(schedule.lr(base, state.step)))?;
        if lr.is_finite() {
            return Ok(lr);
        }
        Err(TrainError::Setting(format!("the schedule returned the learning rate {lr} for step {} (counted from 0)", state.step)))
    }

    /// Rejects invalid settings.
    fn check(&self) -> Result<(), TrainError> {
        let wrong = |reason: &str| Err(TrainError::Setting(reason.to_owned()));
        if self.accumulate == 0 {
            return wrong("`accumulate` is 0; expected at least 1 batch per step");
        }
        if self.checkpoints.as_ref().is_some_and(Checkpoints::are_never_due) {
            return wrong("`Checkpoints::every` is 0; expected at least 1 step between checkpoints");
        }
        if self.resume && self.checkpoints.is_none() {
            return wrong("`resume` needs `checkpoints`");
        }
        if let Some(Averaging::Ema { decay }) = self.averaging.filter(|averaging| !is_valid(averaging)) {
            return Err(TrainError::Setting(format!("`decay` of the parameter average is {decay}; expected a number in 0..1")));
        }
        if let Some((_, plateau)) = self.plateau.as_ref().filter(|(_, plateau)| !(0.0..1.0).contains(&plateau.factor)) {
            let factor = plateau.factor;
            return Err(TrainError::Setting(format!("`factor` of the plateau is {factor}; expected a number in 0..1")));
        }
        if let Some((metric, _)) = self.restore_best.as_ref().filter(|(metric, _)| metric.starts_with("test_")) {
            let reason = "selecting by the test set biases its result; hold out a validation set (`WithValidation`)";
            return Err(TrainError::Setting(format!("the best weights cannot be selected by `{metric}`: {reason}")));
        }
        Ok(())
    }

    /// The metrics in use, and their purposes.
    fn metrics(&self) -> Vec<(&str, &'static str)> {
        let plateau = self.plateau.iter().map(|(metric, _)| (metric.as_str(), "to lower the learning rate"));
        let stopping = self.early_stopping.iter().map(|stopping| (stopping.metric.as_str(), "to stop early"));
        plateau.chain(stopping).collect()
    }

    /// Rejects metrics that an epoch does not have.
    fn check_metrics(&self, epoch: &Epoch) -> Result<(), TrainError> {
        let best = self.best_metric().map(|metric| (metric, "to select the best weights"));
        let missing = self.metrics().into_iter().map(|(metric, purpose)| (metric.to_owned(), purpose)).chain(best);
        let mut missing = missing.filter(|(metric, _)| early_stopping::metric(epoch, metric).is_none());
        let Some((metric, purpose)) = missing.next() else { return Ok(()) };
        Err(TrainError::UnknownMetric { metric, purpose, known: epoch.names() })
    }

    /// The full name of the metric that selects the best weights.
    fn best_metric(&self) -> Option<String> {
        let (metric, _) = self.restore_best.as_ref()?;
        Some(if early_stopping::has_part(metric) { metric.clone() } else { format!("validation_{metric}") })
    }

    /// The position of the best epoch.
    fn best_of(&self, history: &[Epoch]) -> Option<usize> {
        let (metric, (_, better)) = (self.best_metric()?, self.restore_best.as_ref()?);
        early_stopping::best(history.iter().map(|epoch| epoch.metric(&metric).unwrap_or(f64::NAN)), *better)
    }
}

/// Whether the decay is valid.
fn is_valid(averaging: &Averaging) -> bool {
    match averaging {
        Averaging::Ema { decay } => (0.0..1.0).contains(decay),
        Averaging::Swa => true,
    }
}

/// Runs user code and converts a panic to an error.
fn caught<T>(place: impl FnOnce() -> String, work: impl FnOnce() -> Result<T, TrainError>) -> Result<T, TrainError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let reason = crate::data::text_of(&*panic);
        // dfdx panics where it reads numbers from a device that failed.
        match DeviceError::of(&reason) {
            DeviceError::Other(_) => Err(TrainError::Panicked { place: place(), reason }),
            error => Err(TrainError::Device(error)),
        }
    })
}

impl<M, D: Storage<f32>> fmt::Debug for Trainer<'_, M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { until, seed, plateau, accumulate, averaging, early_stopping, checkpoints, resume, .. } = self;
        let mut text = f.debug_struct("Trainer");
        text.field("until", until).field("seed", seed).field("plateau", plateau).field("accumulate", accumulate);
        text.field("averaging", averaging).field("early_stopping", early_stopping).field("callbacks", &self.callbacks.len());
        text.field("checkpoints", checkpoints).field("resume", resume).finish_non_exhaustive()
    }
}
