//! The trainer: a loop over batches, and what can be wished of it.

mod callback;
mod classification;
mod classifier;
mod early_stopping;
mod fit;
mod report;
mod schedule;
mod seeded;
mod staging;
mod stop;
mod task;
mod validated;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use layercake::average::Averaging;
use layercake::prelude::*;
use layercake::schedule::{Better, ReduceOnPlateau};

use crate::checkpoint::{Checkpoints, State};
use crate::{Epoch, TrainError};
pub use callback::{Callback, Ending, Progress};
pub use classification::{Classification, Criterion, evaluate, label_weight};
pub use classifier::{Classifier, ImageBatch, Scores};
pub use early_stopping::EarlyStopping;
pub use fit::load_latest;
pub use report::Report;
pub use schedule::{OverRun, Schedule};
pub use seeded::Seeded;
pub use stop::Stop;
pub use task::{Closures, Pass, Step, TapedLoss, Task, step};
pub use validated::{Validated, hold_out};

/// How long to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// So many times through the training data.
    Epochs(usize),
    /// So many steps of the optimizer; the last epoch may be a part of one.
    Steps(usize),
}

/// How a model is trained: [`Trainer::fit`] does it. Nothing but the length must be said.
///
/// What a network is trained *for* is a [`Task`]: a loss on a batch, and a measurement. A classifier of images needs no more than
/// [`Classification`]; a task that is little more than a loss is a closure ([`step`]); one that carries a state from batch to batch, or
/// draws pictures, implements the trait. The network may be any that `network!` or `derive(Model)` made. A loop that is written by hand
/// is short too: `examples/hand_loop.rs`.
///
/// A variational autoencoder, with several outputs and noise:
///
/// ```
/// use layercake::loss::BceWithLogits;
/// use layercake::optim::{Adam, AdamConfig};
/// use layercake::prelude::*;
/// use layercake_train::data::{Batch, Loader, Split, digits};
/// use layercake_train::{Figures, Pass, Step, Trainer, TrainError, Until, step};
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
/// let mut negative_elbo = step(|vae: &mut Vae, batch: Batch, pass: Pass| {
///     let items = batch.labels.len();
///     let images: Images = batch.images.on(&pass.device)?;
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
    stop: Option<Stop>,
}

impl<'a, M, D: Storage<f32>> Trainer<'a, M, D> {
    /// A trainer that does nothing but train.
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
            stop: None,
        }
    }

    /// Seeds what is random in a step: dropout masks, and what a task draws from [`Pass::device`].
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The learning rate of each step of the optimizer, out of the one that the optimizer has at the beginning.
    pub fn schedule(self, schedule: impl layercake::schedule::Schedule + 'a) -> Self {
        Self { schedule: Some(Box::new(schedule)), ..self }
    }

    /// Lowers the learning rate when a figure, named as in `metrics.jsonl`, gets no better. Name one of the validation part
    /// (`validation_loss`): a test set by which something was chosen says too much of the model. Without the part (`loss`) it is that of the
    /// validation part where there is one, and else that of the test set.
    pub fn plateau(self, figure: &str, plateau: ReduceOnPlateau) -> Self {
        Self { plateau: Some((figure.to_owned(), plateau)), ..self }
    }

    /// Takes the mean loss over the items of so many batches for a step: a batch that does not fit into memory, in pieces. Each batch counts
    /// by what its loss was divided by ([`Step::weight`]), so a smaller one counts less. An epoch whose batches are no multiple of it ends
    /// with a step of fewer. With 0, [`Trainer::fit`] refuses.
    pub fn accumulate(self, batches: usize) -> Self {
        Self { accumulate: batches, ..self }
    }

    /// Averages the parameters over the steps; what is measured, kept and given in the end is the average.
    pub fn average(self, averaging: Averaging) -> Self {
        Self { averaging: Some(averaging), ..self }
    }

    /// Ends before its time when there is no progress. The weights that are left are those of the last epoch, unless
    /// [`Trainer::restore_best`] is wished too.
    pub fn early_stopping(self, early_stopping: EarlyStopping) -> Self {
        Self { early_stopping: Some(early_stopping), ..self }
    }

    /// Leaves the model in the end with the weights that it had after the epoch whose figure was the best, the first of equals. The figure is
    /// one of the validation part, `validation_loss`, or `loss` for short ([`Validated`] adds them to a task); one of the test set is
    /// refused. The best weights are kept in memory and in checkpoints.
    pub fn restore_best(self, figure: &str, better: Better) -> Self {
        Self { restore_best: Some((figure.to_owned(), better)), ..self }
    }

    /// Tells someone how it goes.
    pub fn callback(mut self, callback: &'a mut dyn Callback<M, D>) -> Self {
        self.callbacks.push(callback);
        self
    }

    /// Lets the task draw its pictures ([`Task::draw`]) into this folder. They are drawn in a folder of their own in it, and take their places
    /// when all are there.
    pub fn pictures(self, folder: impl Into<PathBuf>) -> Self {
        Self { pictures: Some(folder.into()), ..self }
    }

    /// Keeps checkpoints; those that are there are removed, unless [`Trainer::resume`] goes on with them.
    pub fn checkpoints(self, checkpoints: Checkpoints) -> Self {
        Self { checkpoints: Some(checkpoints), ..self }
    }

    /// Goes on from the latest checkpoint, where there is one, to the bits of an uninterrupted run: whether it was stopped, came to the end
    /// of its epochs or steps and now has more of them to go, or stopped early and now has more patience. Without [`Trainer::checkpoints`]
    /// it can have no effect, and is refused.
    pub fn resume(self, resume: bool) -> Self {
        Self { resume, ..self }
    }

    /// Ends after the step during which this is wished, with a checkpoint and [`TrainError::Interrupted`](crate::TrainError::Interrupted).
    pub fn stop(self, stop: Stop) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// The learning rate of the next step. It follows from the run's place and figures alone.
    fn lr(&self, state: &State) -> Result<f64, TrainError> {
        let base = match &self.plateau {
            Some((figure, plateau)) => {
                let mut plateau = ReduceOnPlateau { lr: state.base_lr, ..*plateau };
                let figures = state.history.iter().map(|epoch| early_stopping::figure(epoch, figure).unwrap_or(f64::NAN));
                figures.fold(state.base_lr, |_, figure| plateau.observe(figure))
            }
            None => state.base_lr,
        };
        let Some(schedule) = &self.schedule else { return Ok(base) };
        let lr = caught(|| "the schedule".to_owned(), || Ok(schedule.lr(base, state.step)))?;
        if lr.is_finite() {
            return Ok(lr);
        }
        Err(TrainError::Setting(format!("the schedule gives a learning rate of {lr} for step {} (counted from 0)", state.step)))
    }

    /// The settings that make no sense whatever the task.
    fn check(&self) -> Result<(), TrainError> {
        let wrong = |reason: &str| Err(TrainError::Setting(reason.to_owned()));
        if self.accumulate == 0 {
            return wrong("a step takes at least one batch: `accumulate` is 0");
        }
        if self.checkpoints.as_ref().is_some_and(Checkpoints::are_never_due) {
            return wrong("there is at least one step between two checkpoints: `every` is 0");
        }
        if self.resume && self.checkpoints.is_none() {
            return wrong("`resume` goes on from a checkpoint, but the trainer has no `checkpoints`");
        }
        if let Some(Averaging::Exponential { decay }) = self.averaging.filter(|averaging| !averages(averaging)) {
            return Err(TrainError::Setting(format!(
                "an average that keeps {decay} of itself is none: expected 0 or more, and less than 1"
            )));
        }
        if let Some((_, plateau)) = self.plateau.as_ref().filter(|(_, plateau)| !(0.0..1.0).contains(&plateau.factor)) {
            let factor = plateau.factor;
            return Err(TrainError::Setting(format!("a plateau lowers the learning rate by a factor below 1, not by {factor}")));
        }
        if let Some((figure, _)) = self.restore_best.as_ref().filter(|(figure, _)| figure.starts_with("test_")) {
            let reason = "a test set by which weights were chosen says too much of them; hold a validation part out (`Validated`)";
            return Err(TrainError::Setting(format!("the best weights cannot be chosen by `{figure}`: {reason}")));
        }
        Ok(())
    }

    /// The figures that something goes by, and what for.
    fn figures(&self) -> Vec<(&str, &'static str)> {
        let plateau = self.plateau.iter().map(|(figure, _)| (figure.as_str(), "lower the learning rate by"));
        let stopping = self.early_stopping.iter().map(|stopping| (stopping.figure.as_str(), "stop by"));
        plateau.chain(stopping).collect()
    }

    /// Refuses names of figures that an epoch does not have.
    fn check_figures(&self, epoch: &Epoch) -> Result<(), TrainError> {
        let best = self.best_figure().map(|figure| (figure, "choose the best weights by"));
        let missing = self.figures().into_iter().map(|(figure, purpose)| (figure.to_owned(), purpose)).chain(best);
        let mut missing = missing.filter(|(figure, _)| early_stopping::figure(epoch, figure).is_none());
        let Some((figure, purpose)) = missing.next() else { return Ok(()) };
        Err(TrainError::NoFigure { figure, purpose, known: epoch.names() })
    }

    /// The figure that the best weights are chosen by, with its part.
    fn best_figure(&self) -> Option<String> {
        let (figure, _) = self.restore_best.as_ref()?;
        Some(if early_stopping::has_part(figure) { figure.clone() } else { format!("validation_{figure}") })
    }

    /// The position of the best of some epochs.
    fn best_of(&self, history: &[Epoch]) -> Option<usize> {
        let (figure, (_, better)) = (self.best_figure()?, self.restore_best.as_ref()?);
        early_stopping::best(history.iter().map(|epoch| epoch.figure(&figure).unwrap_or(f64::NAN)), *better)
    }
}

/// Does it move, and no further than to the parameters?
fn averages(averaging: &Averaging) -> bool {
    match averaging {
        Averaging::Exponential { decay } => (0.0..1.0).contains(decay),
        Averaging::Equal => true,
    }
}

/// Runs what is not the trainer's own, and makes an error of a panic in it.
fn caught<T>(place: impl FnOnce() -> String, work: impl FnOnce() -> Result<T, TrainError>) -> Result<T, TrainError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(TrainError::Panicked { place: place(), reason: crate::data::text_of(&*panic) }))
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
