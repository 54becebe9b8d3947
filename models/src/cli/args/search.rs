//! The arguments of `search`.

use std::path::PathBuf;

use clap::Args;
use layercake_train::cli::{DataArgs, Range, SearchArgs};

use super::values::Device;

/// Search for hyperparameters: learning rate, weight decay and others, chosen on validation data and tested once.
///
/// The first trial has the values of `train`, the others are random, from coarse to fine. All begin with short runs; the best third is run again for three times as many
/// epochs, and the best third of these for all. A trial whose loss exceeds three times its first is stopped. At the end the best values are trained on all training data.
///
/// The folder has search.json and search.md (the table), search.svg (parallel coordinates), and the folders of the runs; best is the last one. A search that was interrupted or
/// killed goes on when the same command is given again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake search lenet5
  layercake search resnet20 --dataset cifar-10 --data-dir DIR --train-size 5000 --epochs 9 --batch-size 16..128
  layercake search mlp --data houses.csv --target price --hidden 8..256 --dropout 0..0.5")]
pub(crate) struct SearchCommand {
    /// The model (see `layercake list`).
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    /// The data set [default: as for `train`].
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    pub(crate) dataset: Option<String>,
    /// The folder that contains the data set's folder.
    #[arg(long, value_name = "DIR", conflicts_with = "data")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Sizes of the hidden layer of mlp [default: only that of `train`].
    #[arg(long, value_name = "LOW..HIGH", requires = "data")]
    pub(crate) hidden: Option<Range>,
    /// Probabilities of dropout, where the model has it [default: only that of `train`].
    #[arg(long, value_name = "LOW..HIGH")]
    pub(crate) dropout: Option<Range>,
}
