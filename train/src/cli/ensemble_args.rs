//! Arguments about predictions that are means.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use crate::TrainError;
use crate::ensemble::Averaged;
use crate::run::snapshots;

/// What is evaluated, and what its predictions are the mean of.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of means")]
pub struct EnsembleArgs {
    /// A file of parameters (.safetensors, .pt or .npz), or a run folder. With several, each given by the option, the mean of their probabilities is evaluated.
    #[arg(long = "checkpoint", value_name = "PATH", required = true)]
    pub checkpoints: Vec<PathBuf>,
    /// The mean over the snapshots of the run, which `train --snapshots N` took.
    #[arg(long)]
    pub snapshots: bool,
    /// The mean over each picture and its mirror image.
    #[arg(long)]
    pub flips: bool,
    /// The mean over each picture and four copies that are moved toward its corners by an eighth of its size.
    #[arg(long)]
    pub five_crops: bool,
    /// The mean over this number of passes with dropout, and what else draws random numbers, at work; batch normalization is as at inference.
    #[arg(long, value_name = "N")]
    pub draws: Option<NonZeroUsize>,
}

impl EnsembleArgs {
    /// The first checkpoint, the others, and what else the predictions are the mean of.
    ///
    /// # Errors
    /// Returns an error if a run has no snapshots although these are asked for.
    pub fn read(self) -> Result<(PathBuf, Vec<PathBuf>, Averaged), TrainError> {
        let Self { checkpoints, snapshots: all, flips, five_crops, draws } = self;
        let mut paths = Vec::new();
        for path in checkpoints {
            if all { paths.extend(snapshots(&path)?) } else { paths.push(path) }
        }
        if paths.is_empty() {
            return Err(TrainError::Setting("expected `--checkpoint`, a parameter file or a run folder".to_owned()));
        }
        Ok((paths.remove(0), paths, Averaged { flips, five_crops, draws }))
    }
}
