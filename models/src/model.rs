//! What the command can do with a model, whatever kind of model it is.

use std::path::PathBuf;

use layercake::ir::Graph;
use layercake_train::data::DataSet;
use layercake_train::run::Summary;
use layercake_train::{Figures, Stop, Timing, TrainError};
use serde::Serialize;

/// A model of the zoo. A kind of model (classifiers of images; networks without a recipe) implements it once for all its models.
pub trait Model: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// What it is, in a few words.
    fn about(&self) -> &'static str;

    /// The network as data; none for what is no network.
    fn graph(&self) -> Option<&'static Graph>;

    /// The data set that it is trained on where nothing else is said: one in files if there is a folder of files, else one that is built in, if the
    /// model can learn from such.
    fn dataset(&self, in_files: bool) -> DataSet;

    /// Trains it, says on stdout how it goes, and keeps the run in a folder.
    ///
    /// # Errors
    /// If the data cannot be read, the device fails, training diverges, or the folder cannot be written.
    fn train(&self, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError>;

    /// Measures a trained one on a test set.
    ///
    /// # Errors
    /// If the checkpoint or the data cannot be read, or do not fit.
    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError>;

    /// Times it.
    ///
    /// # Errors
    /// If the device fails.
    fn bench(&self, _batch_size: usize) -> Result<Bench, ModelError> {
        Err(ModelError::Cannot { model: self.name(), what: "timed: `cargo run --release -p layercake-benches` times networks of its kind" })
    }

    /// Draws from what it learned: pictures into a file, or a text.
    ///
    /// # Errors
    /// If it is no model to be drawn from, if the checkpoint cannot be read or does not fit, or if the file cannot be written.
    fn sample(&self, _options: &SampleOptions) -> Result<Sampled, ModelError> {
        Err(ModelError::Cannot { model: self.name(), what: "sampled: it makes nothing new; vae, gated_pixelcnn and char_lstm do" })
    }
}

/// What can be said about a training run. What is left out is the model's own choice for the data set.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The data set.
    pub dataset: DataSet,
    /// The folder that holds the data sets' folders.
    pub data_dir: Option<PathBuf>,
    /// How often each training image is seen.
    pub epochs: Option<usize>,
    /// Images in a step.
    pub batch_size: Option<usize>,
    /// The learning rate.
    pub lr: Option<f64>,
    /// Seeds the initial parameters, the order of the images, and which are held out; 0 if left out.
    pub seed: Option<u64>,
    /// Training items that are held out to choose by.
    pub validation: Option<usize>,
    /// Ends the run when the items that were held out have shown no progress for more than so many epochs.
    pub patience: Option<usize>,
    /// Leaves the network with the weights of the epoch that was the best on the items that were held out.
    pub restore_best: bool,
    /// Where to run.
    pub device: Device,
    /// The run's folder; a numbered one under `runs` if left out.
    pub out: Option<PathBuf>,
    /// The folder of a run that was interrupted and now goes on, by the recipe in its `config.json`.
    pub resume: Option<PathBuf>,
    /// Optimizer steps between two checkpoints, beside that after each epoch.
    pub checkpoint_every: Option<usize>,
    /// Ends it with a checkpoint.
    pub stop: Stop,
}

impl TrainOptions {
    /// The seed of everything.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }
}

/// What can be said about an evaluation.
#[derive(Clone, Debug)]
pub struct EvalOptions {
    /// The parameters, or the folder of the run that holds them.
    pub checkpoint: PathBuf,
    /// The data set; the run's own if left out, or the digits where the run is not known.
    pub dataset: Option<DataSet>,
    /// The folder that holds the data sets' folders.
    pub data_dir: Option<PathBuf>,
}

/// What can be said about samples.
#[derive(Clone, Debug)]
pub struct SampleOptions {
    /// The parameters, or the folder of the run that holds them.
    pub checkpoint: PathBuf,
    /// Where pictures go.
    pub out: Option<PathBuf>,
    /// How many pictures, or letters.
    pub count: Option<usize>,
    /// Seeds what is drawn.
    pub seed: u64,
    /// What a text begins with.
    pub prompt: Option<String>,
    /// Divides the scores before letters are drawn; 1 if left out.
    pub temperature: Option<f64>,
}

/// What was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sampled {
    /// Pictures, in this file.
    Pictures(PathBuf),
    /// A text.
    Text(String),
}

/// The outcome of an evaluation.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The data set.
    pub dataset: DataSet,
    /// What was measured on its test items, the most telling first.
    pub figures: Figures,
    /// How many items that was.
    pub items: u64,
    /// What the items are: `images`.
    pub unit: &'static str,
}

/// The outcome of a benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct Bench {
    /// The model's name.
    pub model: &'static str,
    /// Items in a step.
    pub batch_size: usize,
    /// The threads it ran on.
    pub threads: usize,
    /// One training step: forward, loss, backward, optimizer.
    pub train: Timing,
    /// One inference.
    pub infer: Timing,
}

/// Where to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// The processor.
    Cpu,
    /// The first graphics card; needs the feature `cuda`.
    Cuda,
}

impl Device {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Device::Cpu => "cpu",
            Device::Cuda => "cuda",
        }
    }
}

/// The command could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Data, training, or files.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// There is a network, and nothing that says what it is trained on and how.
    #[error(
        "`{model}` cannot be {what}: it has no recipe yet, which would say its data, loss and optimizer; `layercake summary {model}` and `layercake draw {model}` show it"
    )]
    NoRecipe {
        /// The model.
        model: &'static str,
        /// What was to be done with it.
        what: &'static str,
    },
    /// The model is not of a kind for that.
    #[error("`{model}` cannot be {what}")]
    Cannot {
        /// The model.
        model: &'static str,
        /// What was to be done with it, and what to do instead.
        what: &'static str,
    },
    /// An option that could have no effect.
    #[error("`{option}` has no effect on `{model}`: {reason}; there are: {known}")]
    NoEffect {
        /// The model.
        model: &'static str,
        /// The option.
        option: &'static str,
        /// Why.
        reason: &'static str,
        /// The options that the model knows.
        known: &'static str,
    },
    /// An option that the model needs, or that makes no sense for it.
    #[error("{0}")]
    Option(String),
    /// This build has no CUDA.
    #[error("this build runs on the CPU only; for CUDA, build with `cargo build --release -p layercake-models --features cuda`")]
    NoCuda,
    /// The device cannot be used.
    #[error("the device cannot be used: {0}")]
    Device(String),
}
