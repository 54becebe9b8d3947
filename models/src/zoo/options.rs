//! The options and results of the operations on a model.

use std::ops::Range;
use std::path::PathBuf;

use layercake_train::data::KnownDataset;
use layercake_train::distributed::World;
use layercake_train::ensemble::Averaged;
use layercake_train::generative::GeneratorLoss;
use layercake_train::rl::{Baseline, Finished, KnownEnvironment};
use layercake_train::run::{OwnText, Purpose, Source, Transfer};
use layercake_train::{CancellationToken, Metrics, Timing};
use serde::Serialize;

use super::error::ModelError;

/// Options of a training run. `None` selects the model's default for the data set.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The data set.
    pub dataset: KnownDataset,
    /// The user's own text, in place of the data set.
    pub text: Option<OwnText>,
    /// Which of [`ZooModel::variants`](super::ZooModel::variants) is trained, by its name; by default the first.
    pub variant: Option<String>,
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
    /// The norm that gradients are clipped to; 0 for no clipping.
    pub clip: Option<f64>,
    /// Number of training items to use.
    pub train_size: Option<usize>,
    /// Number of snapshots of the parameters.
    pub snapshots: Option<usize>,
    /// The probability of all dropout layers.
    pub dropout: Option<f64>,
    /// The weight of the box loss beside the class loss.
    pub box_weight: Option<f64>,
    /// The loss of a generator.
    pub generator_loss: Option<GeneratorLoss>,
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
    /// The ranks that train together.
    pub world: World,
}

/// Options of agents, which have no effect on other models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentOptions {
    /// The environment; by default the first of [`ZooModel::environments`](super::ZooModel::environments).
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
    /// A text of the user's own, in place of a data set; by default the test part of the run's own.
    pub text: Option<PathBuf>,
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
    /// Seed of the samples; default 0.
    pub seed: Option<u64>,
    /// The beginning of the text.
    pub prompt: Option<String>,
    /// Divisor of the logits before a character is sampled; default 1. Without it `seq2seq` looks for the likeliest answers.
    pub temperature: Option<f64>,
    /// Only so many of the likeliest characters can be drawn, at least 1.
    pub top_k: Option<usize>,
    /// Only the likeliest characters that together have this probability can be drawn, above 0.
    pub top_p: Option<f64>,
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
