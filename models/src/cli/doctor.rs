//! `layercake doctor`.

use std::path::PathBuf;

use clap::Args;
use layercake_train::cli::{FoldsArgs, RanksArgs, TransferArgs, TuningArgs};
use layercake_train::distributed::World;
use layercake_train::run::Purpose;

use crate::args::{AgentArgs, Device, OwnArgs, TrainArgs, count, rate, threads};
use crate::commands::{Outcome, train_for};

/// Look at a model, its data and its hyperparameters before a long run.
///
/// Trains for up to 200 steps and looks at the loss, the gradients, the steps and the units; then trains a fresh copy on a single batch, which a model that is put together
/// rightly can learn by heart. Prints a line for each, which begins with `ok` or `warning`, and writes nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake doctor lenet5
  layercake doctor vgg8 --data-dir DIR --lr 0.1
  layercake doctor mlp --data houses.csv --target price")]
pub(crate) struct DoctorArgs {
    /// The model (see `layercake list`).
    model: String,
    /// The data set (see `layercake list`) [default: as for `train`].
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// Which network of a model that has several [default: the first].
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// The folder that contains the data set's folder.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Images per batch [default: as for `train`].
    #[arg(long, value_name = "N", value_parser = count)]
    batch_size: Option<usize>,
    /// The learning rate [default: as for `train`].
    #[arg(long, value_name = "X", value_parser = rate, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// Seed of the initial parameters and the order of the images [default: 0].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<usize>,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    device: Device,
    #[command(flatten)]
    transfer: TransferArgs,
    #[command(flatten)]
    own: OwnArgs,
}

pub(crate) fn run(args: DoctorArgs) -> Outcome {
    let DoctorArgs { model, dataset, variant, data_dir, batch_size, lr, seed, threads, device, transfer, own } = args;
    let train = TrainArgs {
        model: Some(model),
        dataset,
        variant,
        data_dir,
        epochs: None,
        batch_size,
        lr,
        seed,
        box_weight: None,
        loss: None,
        validation: None,
        patience: None,
        restore_best: false,
        threads,
        device,
        out: None,
        resume: None,
        checkpoint_every: None,
        tensorboard: None,
        tuning: TuningArgs::default(),
        transfer,
        own,
        folds: FoldsArgs::default(),
        agent: AgentArgs::default(),
        ranks: RanksArgs::default(),
    };
    train_for(train, Purpose::Doctor, World::one())
}
