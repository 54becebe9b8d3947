//! The arguments of a program.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::data_args::{DataArgs, PredictArgs};
use super::device::Device;
use super::ensemble_args::EnsembleArgs;
use super::folds::FoldsArgs;
use super::ranks_args::RanksArgs;
use super::search_args::SearchArgs;
use super::transfer_args::TransferArgs;
use super::tuning_args::TuningArgs;
use crate::run::Recipe;

/// Trains, evaluates, draws and exports a network.
#[derive(Debug, Parser)]
#[command(arg_required_else_help = true, max_term_width = 110)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

// Commands without documentation here are documented at their arguments.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Train(TrainArgs),
    Doctor(DoctorArgs),
    Search(OwnSearch),
    Eval(EvalArgs),
    /// Predict from a CSV file or from pictures.
    Predict(PredictArgs),
    /// Print the layers with their shapes, parameters and operations.
    Summary,
    /// Draw the network.
    Draw {
        /// The output file; the extension selects the format: .svg, .dot (Graphviz) or .mmd (Mermaid).
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Write the network to a file.
    #[command(group = clap::ArgGroup::new("format").required(true))]
    Export {
        /// The layers without their parameters, for `io::load_graph` and the `layercake` command.
        #[arg(long, value_name = "FILE", group = "format")]
        json: Option<PathBuf>,
        /// The network with its parameters as it is at inference, for ONNX Runtime and other programs.
        #[cfg(feature = "onnx")]
        #[arg(long, value_name = "FILE", group = "format", requires = "checkpoint")]
        onnx: Option<PathBuf>,
        /// The parameters: a file (.safetensors, .pt or .npz), or the folder of a run.
        #[cfg(feature = "onnx")]
        #[arg(long, value_name = "PATH", requires = "onnx")]
        checkpoint: Option<PathBuf>,
    },
}

/// Train the network and write the results to a run folder.
///
/// The run folder contains config.json (the settings), metrics.jsonl (one line per epoch), summary.json (the final metrics), model.safetensors (the parameters),
/// and pictures. Ctrl-C finishes the step, writes a checkpoint and exits with code 130; a second Ctrl-C exits at once.
#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub folds: FoldsArgs,
    /// Number of epochs.
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Samples per batch.
    #[arg(long, value_name = "N")]
    pub batch_size: Option<usize>,
    /// The peak learning rate.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub lr: Option<f64>,
    /// Seed of the initial parameters, the order of the samples and the parts that are held out.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Number of training samples held out for validation after each epoch.
    #[arg(long, value_name = "N")]
    pub validation: Option<usize>,
    /// Early stopping: end the run when the validation loss has not improved for more than this number of epochs.
    #[arg(long, value_name = "EPOCHS")]
    pub patience: Option<usize>,
    /// Keep the weights of the epoch with the best validation loss instead of the last epoch.
    #[arg(long)]
    pub restore_best: bool,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// The run folder: a new folder, or that of an earlier run to replace [default: a new folder in runs].
    #[arg(long, value_name = "RUN_DIR")]
    pub out: Option<PathBuf>,
    /// Resume the run in this folder with its original options.
    #[arg(long, value_name = "RUN_DIR", conflicts_with_all = ["data", "test", "targets", "task", "categories", "ignored", "group", "augment", "folds", "epochs", "batch_size", "lr", "seed", "validation", "patience", "restore_best", "weight_decay", "clip", "train_size", "snapshots", "from", "freeze", "head", "device", "out"])]
    pub resume: Option<PathBuf>,
    /// Optimizer steps between checkpoints, in addition to the checkpoint after each epoch.
    #[arg(long, value_name = "STEPS")]
    pub checkpoint_every: Option<usize>,
    /// Also write event files for TensorBoard, in a folder of this one with the run folder's name.
    #[arg(long, value_name = "DIR")]
    pub tensorboard: Option<PathBuf>,
    #[command(flatten)]
    pub tuning: TuningArgs,
    #[command(flatten)]
    pub transfer: TransferArgs,
    #[command(flatten)]
    pub ranks: RanksArgs,
}

impl TrainArgs {
    /// The program's hyperparameters with these options.
    pub fn recipe(&self, own: Recipe) -> Recipe {
        Recipe {
            epochs: self.epochs.unwrap_or(own.epochs),
            batch_size: self.batch_size.unwrap_or(own.batch_size),
            lr: self.lr.unwrap_or(own.lr),
            seed: self.seed.unwrap_or(own.seed),
            validation: self.validation.or(own.validation),
            patience: self.patience.or(own.patience),
            restore_best: self.restore_best || own.restore_best,
            ..self.tuning.recipe(own)
        }
    }
}

/// Look at the network, its data and its hyperparameters before a long run.
///
/// Trains for up to 200 steps and looks at the loss, the gradients, the steps and the units; then trains a fresh copy on a single batch, which a network that is put together
/// rightly can learn by heart. Prints a line for each, which begins with `ok` or `warning`, and writes nothing.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Samples per batch.
    #[arg(long, value_name = "N")]
    pub batch_size: Option<usize>,
    /// The learning rate.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub lr: Option<f64>,
    /// Seed of the initial parameters, the order of the samples and the parts that are held out.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// Search for a learning rate and a weight decay: random draws, from coarse to fine, the better trials for longer; chosen on validation data and tested once.
///
/// The folder has search.json, search.md and search.svg, and in best the run of the best hyperparameters on all training data. A search that was interrupted goes on when
/// the same command is given again.
#[derive(Debug, Args)]
pub(super) struct OwnSearch {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub search: SearchArgs,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub device: Device,
}

/// Evaluate a run on its test data, or on others.
#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    #[command(flatten)]
    pub ensemble: EnsembleArgs,
    /// A CSV file or a folder of pictures [default: the test part of the run's own data].
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}
