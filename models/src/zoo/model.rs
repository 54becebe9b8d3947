//! The interface of a model in the zoo, and the options and results of its operations.

use layercake::DeviceError;
use std::ops::Range;
use std::path::PathBuf;

use layercake::ir::Graph;
use layercake_train::data::KnownDataset;
use layercake_train::ensemble::Averaged;
use layercake_train::rl::{Baseline, Finished, KnownEnvironment};
use layercake_train::run::{Purpose, Recipe, RunOutcome, Source, Transfer};
use layercake_train::{CancellationToken, Metrics, Timing, TrainError};
use serde::Serialize;

use crate::tasks::OwnNetwork;

/// A model of the zoo. Each kind of model (image classifiers, autoencoders, networks without a task) implements this once.
pub trait ZooModel: Sync {
    /// The model's name on the command line.
    fn name(&self) -> &'static str;

    /// A one-line description.
    fn description(&self) -> &'static str;

    /// The network's graph; `None` for models that are not networks.
    fn graph(&self) -> Option<&'static Graph>;

    /// The network's graph for a data set; of most models it is the same for all.
    fn graph_on(&self, _dataset: KnownDataset) -> Option<&'static Graph> {
        self.graph()
    }

    /// How the model learns from the user's own data; `None` if it does not.
    fn own(&self) -> Option<OwnNetwork> {
        None
    }

    /// The default hyperparameters on a data set; `None` if the model is not trained by optimizer steps on data.
    fn recipe(&self, _dataset: KnownDataset) -> Option<Recipe> {
        None
    }

    /// The network's graph for an environment.
    ///
    /// # Errors
    /// If the model does not act in an environment, or has no network for this one.
    fn graph_in(&self, environment: KnownEnvironment) -> Result<&'static Graph, ModelError> {
        let reason = "it does not act in an environment";
        match self.graph() {
            Some(graph) if self.environments().contains(&environment) => Ok(graph),
            _ => Err(ModelError::NoEffect { model: self.name(), option: "--env", reason, known: "see `layercake --help`" }),
        }
    }

    /// The environments that an agent can act in, its default first; none for a model that is trained on data.
    fn environments(&self) -> &'static [KnownEnvironment] {
        &[]
    }

    /// The data set used when none is named; meaningless for an agent: one read from files if `in_files` (a data folder was given), otherwise the built-in digits
    /// where the model can be trained on them.
    fn default_dataset(&self, in_files: bool) -> KnownDataset;

    /// Trains the model, prints progress to stdout and writes the run folder; or what [`TrainOptions::purpose`] asks for instead.
    ///
    /// # Errors
    /// If the data cannot be read, the device fails, training diverges, or the folder cannot be written.
    fn train(&self, options: &TrainOptions) -> Result<RunOutcome, ModelError>;

    /// Evaluates a checkpoint on a test set.
    ///
    /// # Errors
    /// If the checkpoint or the data cannot be read, or do not match the model.
    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError>;

    /// Times a training step and an inference.
    ///
    /// # Errors
    /// If the model does not support it, or the device fails.
    fn bench(&self, _options: &BenchOptions) -> Result<BenchResult, ModelError> {
        let reason = "`layercake bench` times image classifiers; `cargo run --release -p layercake-benches` times the other kinds";
        Err(ModelError::Unsupported { model: self.name(), action: "benchmarked", reason })
    }

    /// Plays an episode with a trained agent.
    ///
    /// # Errors
    /// If the model is not an agent, the checkpoint cannot be read or does not match, or the output cannot be written.
    fn play(&self, _options: &PlayOptions, _show: &mut dyn FnMut(&str)) -> Result<Played, ModelError> {
        let reason = "it does not act in an environment; gridworld, dqn, reinforce and actor_critic do";
        Err(ModelError::Unsupported { model: self.name(), action: "played", reason })
    }

    /// Samples images or text from a generative model.
    ///
    /// # Errors
    /// If the model is not generative, the checkpoint cannot be read or does not match, or the output cannot be written.
    fn sample(&self, _options: &SampleOptions) -> Result<Samples, ModelError> {
        Err(ModelError::not_generative(self.name()))
    }
}

/// Options of a training run. `None` selects the model's default for the data set.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The data set.
    pub dataset: KnownDataset,
    /// The folder that contains the data sets' folders.
    pub data_dir: Option<PathBuf>,
    /// Number of epochs.
    pub epochs: Option<usize>,
    /// Images per batch.
    pub batch_size: Option<usize>,
    /// The learning rate.
    pub lr: Option<f64>,
    /// The parameters to begin with.
    pub transfer: Option<Transfer>,
    /// Decoupled weight decay.
    pub weight_decay: Option<f64>,
    /// Number of training items to use.
    pub train_size: Option<usize>,
    /// Number of snapshots of the parameters.
    pub snapshots: Option<usize>,
    /// Seed of the initial parameters, the order of the images and the validation split; default 0.
    pub seed: Option<u64>,
    /// Number of training items held out for validation.
    pub validation: Option<usize>,
    /// Stops the run when the validation metric has not improved for more than this number of epochs.
    pub patience: Option<usize>,
    /// Restores the weights of the epoch with the best validation metric at the end.
    pub restore_best: bool,
    /// The device.
    pub device: DeviceKind,
    /// The run folder; by default a new numbered folder in `runs`.
    pub out: Option<PathBuf>,
    /// The folder of an interrupted run to resume with the recipe in its `config.json`.
    pub resume: Option<PathBuf>,
    /// Optimizer steps between checkpoints, in addition to the checkpoint after each epoch.
    pub checkpoint_every: Option<usize>,
    /// The folder in which TensorBoard finds the run.
    pub tensorboard: Option<PathBuf>,
    /// Cancels the run; it writes a checkpoint first.
    pub cancellation: CancellationToken,
    /// What the model is trained for.
    pub purpose: Purpose,
    /// The options of agents.
    pub agent: AgentOptions,
}

/// Options of agents, which have no effect on other models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentOptions {
    /// The environment; by default the first of [`ZooModel::environments`].
    pub environment: Option<KnownEnvironment>,
    /// What REINFORCE subtracts from the returns.
    pub baseline: Option<Baseline>,
    /// Double Q-learning.
    pub double: bool,
    /// Draws from the replay memory by priority.
    pub prioritized: bool,
    /// Q-learning without a replay memory.
    pub without_replay: bool,
    /// Q-learning without a target network.
    pub without_target: bool,
    /// Leaves the replay memory out of checkpoints.
    pub forget_replay: bool,
}

impl AgentOptions {
    /// Whether each option was given, besides the environment; with the name of the model that it is for.
    pub(crate) fn given(&self) -> [(&'static str, &'static str, bool); 6] {
        [
            ("reinforce", "--baseline", self.baseline.is_some()),
            ("dqn", "--double", self.double),
            ("dqn", "--prioritized", self.prioritized),
            ("dqn", "--without replay", self.without_replay),
            ("dqn", "--without target", self.without_target),
            ("dqn", "--forget-replay", self.forget_replay),
        ]
    }

    /// Rejects all options, for a model that is not an agent.
    pub(crate) fn has_no_effect(&self, model: &'static str) -> Result<(), ModelError> {
        let environment = self.environment.map(|_| "--env");
        let Some(option) = environment.or(self.given().into_iter().find(|(.., given)| *given).map(|(_, option, _)| option)) else {
            return Ok(());
        };
        Err(ModelError::NoEffect { model, option, reason: "it does not act in an environment", known: "see `layercake train --help`" })
    }
}

impl TrainOptions {
    /// The seed, or its default.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }
}

/// Options of an evaluation.
#[derive(Clone, Debug)]
pub struct EvalOptions {
    /// A parameter file, or the folder of a run.
    pub checkpoint: PathBuf,
    /// Further ones, whose predictions are averaged with those of the first.
    pub others: Vec<PathBuf>,
    /// What else the predictions are the mean of.
    pub averaged: Averaged,
    /// The data set; by default the run's own, or the digits if there is no `config.json`.
    pub dataset: Option<KnownDataset>,
    /// The environment of an agent; by default the run's own.
    pub environment: Option<KnownEnvironment>,
    /// The folder that contains the data sets' folders.
    pub data_dir: Option<PathBuf>,
    /// The device.
    pub device: DeviceKind,
}

impl EvalOptions {
    /// Rejects options of ensembles.
    pub(crate) fn is_of_one_pass(&self, model: &'static str) -> Result<(), ModelError> {
        let given = [
            ("--checkpoint", !self.others.is_empty()),
            ("--flips", self.averaged.flips),
            ("--five-crops", self.averaged.five_crops),
            ("--draws", self.averaged.draws.is_some()),
        ];
        let reason = "only the predictions of classifiers with logits, and of runs on your own data, are averaged";
        match given.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => {
                Err(ModelError::NoEffect { model, option, reason, known: "one --checkpoint, --dataset, --data-dir, --json" })
            }
            None => Ok(()),
        }
    }

    /// Whether the predictions are those of one pass of one network.
    pub(crate) fn is_plain(&self) -> bool {
        self.others.is_empty() && self.averaged == Averaged::default()
    }
}

/// Options of sampling.
#[derive(Clone, Debug)]
pub struct SampleOptions {
    /// A parameter file, or the folder of a run.
    pub checkpoint: PathBuf,
    /// The image file to write.
    pub out: Option<PathBuf>,
    /// Number of images or characters.
    pub count: Option<usize>,
    /// Seed of the samples.
    pub seed: u64,
    /// The beginning of the text.
    pub prompt: Option<String>,
    /// Divisor of the logits before a character is sampled; default 1.
    pub temperature: Option<f64>,
    /// The device.
    pub device: DeviceKind,
}

/// Options of a benchmark.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// Images per batch.
    pub batch_size: usize,
    /// The device.
    pub device: DeviceKind,
}

/// Options of an episode.
#[derive(Clone, Debug)]
pub struct PlayOptions {
    /// A parameter file, or the folder of a run.
    pub checkpoint: PathBuf,
    /// The environment; by default the run's own.
    pub environment: Option<KnownEnvironment>,
    /// The seed of the episode.
    pub seed: u64,
    /// The animation to write.
    pub out: Option<PathBuf>,
    /// The device.
    pub device: DeviceKind,
}

/// An episode that was played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Played {
    /// The environment.
    pub environment: KnownEnvironment,
    /// Its return and length.
    pub episode: Finished,
}

/// The result of sampling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Samples {
    /// A grid of images, written to this file.
    Image(PathBuf),
    /// A text.
    Text(String),
}

/// The result of an evaluation.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The data set or the environment.
    pub source: Source,
    /// The metrics on its test items, the most important first.
    pub metrics: Metrics,
    /// Number of test items.
    pub items: u64,
    /// What the items are: `images`.
    pub unit: &'static str,
    /// The seeds of the episodes of an agent.
    pub seeds: Option<Range<u64>>,
}

/// The result of a benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct BenchResult {
    /// The model's name.
    pub model: String,
    /// What its items are called: images or samples.
    #[serde(skip)]
    pub unit: &'static str,
    /// Items per batch.
    pub batch_size: usize,
    /// Number of threads.
    pub threads: usize,
    /// The device: `cpu` or `cuda`.
    pub device: &'static str,
    /// One training step: forward, loss, backward, optimizer.
    pub train: Timing,
    /// One inference.
    pub infer: Timing,
}

/// The kind of device to run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    /// The CPU.
    #[default]
    Cpu,
    /// The first CUDA device; needs the feature `cuda`.
    Cuda,
}

impl DeviceKind {
    /// The name on the command line and in `config.json`.
    pub const fn name(self) -> &'static str {
        match self {
            DeviceKind::Cpu => "cpu",
            DeviceKind::Cuda => "cuda",
        }
    }
}

/// Why an operation on a model failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Reading data, training, or writing files failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// An ONNX file cannot be read, or has other tensors than the model.
    #[cfg(feature = "onnx")]
    #[error(transparent)]
    Onnx(#[from] layercake::io::onnx::OnnxError),
    /// The network cannot be explained: a layer or class does not exist, or a method does not apply.
    #[error(transparent)]
    Explain(Box<crate::explain::CpuExplainError>),
    /// The images cannot be embedded: there are too few, or a layer gives numbers that are not finite.
    #[error(transparent)]
    Embedding(#[from] layercake_train::embedding::EmbeddingError),
    /// The zoo has only the network: no data, loss or optimizer are defined for it.
    #[error(
        "`{model}` cannot be {action}: the zoo defines no data, loss and optimizer for it; `layercake summary {model}` and `layercake draw {model}` show the network"
    )]
    NoTask {
        /// The model.
        model: &'static str,
        /// The operation, as a participle.
        action: &'static str,
    },
    /// This kind of model does not support the operation.
    #[error("`{model}` cannot be {action}: {reason}")]
    Unsupported {
        /// The model.
        model: &'static str,
        /// The operation, as a participle.
        action: &'static str,
        /// Why, and what to do instead.
        reason: &'static str,
    },
    /// The option has no effect on this model.
    #[error("`{option}` has no effect on `{model}`: {reason}; supported options: {known}")]
    NoEffect {
        /// The model.
        model: &'static str,
        /// The option.
        option: &'static str,
        /// Why.
        reason: &'static str,
        /// The options that the model supports.
        known: &'static str,
    },
    /// An option is missing or invalid.
    #[error("{0}")]
    Option(String),
    /// This build does not include CUDA.
    #[error("this build runs on the CPU only; for CUDA, build with `cargo build --release -p layercake-models --features cuda`")]
    NoCuda,
    /// The device cannot be used.
    #[error("the device cannot be used: {0}")]
    Device(DeviceError),
}

impl ModelError {
    /// `sample` was called on a model that is not generative.
    pub(crate) fn not_generative(model: &'static str) -> Self {
        Self::Unsupported { model, action: "sampled", reason: "it is not a generative model; vae, gated_pixelcnn and char_lstm are" }
    }
}
