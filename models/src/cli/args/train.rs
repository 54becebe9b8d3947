//! The arguments of `train` and `eval`.

use std::path::PathBuf;

use clap::Args;
use layercake_train::cli::{EnsembleArgs, FoldsArgs, RanksArgs, TransferArgs, TuningArgs};

use super::values::{Device, Loss, count, patience, rate, threads};
use super::{AgentArgs, OwnArgs};

/// Train a model and write the results to a run folder.
///
/// The run folder contains config.json (the settings), metrics.jsonl (one line per epoch), summary.json (the final metrics),
/// model.safetensors (the parameters, with PyTorch's names), curves.svg, images of the model's results, and report.html (all of it as one page). The folder is locked while the run
/// writes to it. A later run in the same folder replaces these files and no others.
///
/// The same seed gives bit-identical parameters on CPUs with the same instruction set (AVX-512, AVX2 or scalar; see summary.json), on any
/// number of threads, whether or not the run was interrupted. Other instruction sets round differently; LAYERCAKE_SIMD=v3 (AVX2) or
/// LAYERCAKE_SIMD=scalar selects a narrower one than the CPU has. With the feature `mpi`, `mpirun -n 4 layercake train ..` trains by four processes, with the same result;
/// a process that does not answer for LAYERCAKE_RANK_TIMEOUT seconds (300) ends the run. Metrics evaluated with another batch size may differ by about 1e-6.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake train lenet5 --epochs 5 --lr 0.001
  layercake train lenet5 --dataset fashion-mnist --data-dir DIR --out runs/clothes
  layercake train char_lstm --data poems.txt      learns from a text of your own; so does char_transformer
  layercake train lenet5 --dataset fashion-mnist --data-dir DIR --from runs/digits --freeze conv1 --head
  layercake train --resume runs/clothes           resumes an interrupted run

Ctrl-C finishes the step, writes a checkpoint and exits with code 130; a second Ctrl-C exits at once. A run that was killed resumes \
from its latest checkpoint, with the same bits as an uninterrupted run.")]
pub(crate) struct TrainArgs {
    /// The model (see `layercake list`). Not needed with --resume.
    #[arg(required_unless_present = "resume", conflicts_with = "resume")]
    pub(crate) model: Option<String>,
    /// The data set (see `layercake list`); only the digits are built in [default: the model's own with --data-dir, otherwise digits].
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<String>,
    /// Which network of a model that has several: moons and curve by their layers, row_classifier by its cell, linear_svm by its features
    /// [default: the first].
    #[arg(long, visible_alias = "features", value_name = "NAME")]
    pub(crate) variant: Option<String>,
    /// The folder that contains the data set's folder, for example DIR/mnist/train-images-idx3-ubyte.gz.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Number of epochs [default: depends on the model and data set].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) epochs: Option<usize>,
    /// Images per batch [default: depends on the model and data set].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) batch_size: Option<usize>,
    /// The peak learning rate: linear warm-up over the first epoch (at most 500 steps), then cosine decay [default: depends on the model].
    #[arg(long, value_name = "X", value_parser = rate, allow_negative_numbers = true)]
    pub(crate) lr: Option<f64>,
    /// The weight of the box loss beside the class loss, for localizer [default: 4].
    #[arg(long, value_name = "X", value_parser = rate, allow_negative_numbers = true)]
    pub(crate) box_weight: Option<f64>,
    /// The loss of the generator, for dcgan [default: non-saturating].
    #[arg(long, value_enum, value_name = "LOSS")]
    pub(crate) loss: Option<Loss>,
    /// Seed of the initial parameters, the order of the images and the validation split [default: 0].
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Number of training images held out for validation after each epoch. Early stopping and the best weights are selected by these images,
    /// never by the test images [default: none; with --patience or --restore-best 5,000, or a twelfth of a small data set].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) validation: Option<usize>,
    /// Early stopping: end the run when the validation metric has not improved for more than this number of epochs. The weights of the last
    /// epoch are kept, unless --restore-best is given.
    #[arg(long, value_name = "EPOCHS", value_parser = patience)]
    pub(crate) patience: Option<usize>,
    /// Keep the weights of the epoch with the best validation metric instead of the last epoch.
    #[arg(long)]
    pub(crate) restore_best: bool,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// The run folder: a new folder, or the folder of an earlier run to replace [default: a new folder runs/MODEL-DATASET-N, or runs/MODEL-ENVIRONMENT-N].
    #[arg(long, value_name = "RUN_DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Resume the run in this folder with its original options, from its latest checkpoint or, without one, from the beginning.
    #[arg(long, value_name = "RUN_DIR", conflicts_with_all = ["data", "test", "targets", "task", "categories", "ignored", "group", "augment", "folds", "hidden", "dropout", "dataset", "variant", "from", "freeze", "head", "weight_decay", "clip", "train_size", "snapshots", "box_weight", "loss", "epochs", "batch_size", "lr", "seed", "validation", "patience", "restore_best", "device", "out", "environment", "baseline", "double", "prioritized", "without", "forget_replay"])]
    pub(crate) resume: Option<PathBuf>,
    /// Optimizer steps between checkpoints, in addition to the checkpoint after each epoch.
    #[arg(long, value_name = "STEPS", value_parser = count)]
    pub(crate) checkpoint_every: Option<usize>,
    /// Also write event files for TensorBoard, in a folder of this one with the run folder's name: metrics, histograms, pictures, the network and the settings.
    #[arg(long, value_name = "DIR")]
    pub(crate) tensorboard: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tuning: TuningArgs,
    #[command(flatten)]
    pub(crate) transfer: TransferArgs,
    #[command(flatten)]
    pub(crate) own: OwnArgs,
    #[command(flatten)]
    pub(crate) folds: FoldsArgs,
    #[command(flatten)]
    pub(crate) agent: AgentArgs,
    #[command(flatten)]
    pub(crate) ranks: RanksArgs,
}

/// Evaluate a trained model on the test set of a data set or of your own data, or an agent over 100 episodes that it was not trained in.
///
/// Images are normalized as recorded in the run's config.json beside the checkpoint. Without a config.json, mean and standard deviation are
/// computed from the data set's training images.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake eval vgg8 --checkpoint runs/vgg8-cifar-10-1 --data-dir DIR
  layercake eval vgg8 --checkpoint runs/vgg8-cifar-10-1 --checkpoint runs/vgg8-cifar-10-2 --flips --data-dir DIR
  layercake eval vgg8 --checkpoint runs/vgg8-cifar-10-1 --snapshots --data-dir DIR")]
pub(crate) struct EvalArgs {
    /// The model (see `layercake list`).
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) ensemble: EnsembleArgs,
    /// The data set [default: the one in config.json, otherwise digits].
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<String>,
    /// A CSV file or a folder of pictures, for a run on your own data [default: its own test part].
    #[arg(long, value_name = "PATH")]
    pub(crate) data: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The folder that contains the data set's folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The environment of an agent [default: the one in config.json, otherwise cart-pole].
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
}
