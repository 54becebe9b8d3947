//! Arguments about hyperparameters that the commands share.

use std::path::PathBuf;

use clap::Args;

use crate::LrRange;
use crate::run::{Purpose, Recipe};

/// Further hyperparameters, and the search for the learning rate.
#[derive(Clone, Debug, Default, Args)]
pub struct TuningArgs {
    /// Decoupled weight decay (Loshchilov and Hutter, 2019); 0 for none [default: depends on the model].
    #[arg(long, value_name = "X", value_parser = decay, allow_negative_numbers = true)]
    pub weight_decay: Option<f64>,
    /// Clip the gradients to this norm; 0 for none [default: depends on the model].
    #[arg(long, value_name = "NORM", value_parser = decay, allow_negative_numbers = true)]
    pub clip: Option<f64>,
    /// Number of training items to use, drawn by the seed from those that are not held out [default: all].
    #[arg(long, value_name = "N", value_parser = size)]
    pub train_size: Option<usize>,
    /// Take this number of snapshots of the parameters, snapshot-1.safetensors and so on, each at the end of a learning rate schedule of its own (Huang et al., 2017), for
    /// `eval --snapshots`.
    #[arg(long, value_name = "N", value_parser = size)]
    pub snapshots: Option<usize>,
    /// Do not train, but find a learning rate: raise it from 1e-6 to 10 over 140 steps or until the loss explodes (a range test, Smith, 2017), draw the losses into FILE.svg,
    /// and print a suggestion.
    #[arg(
        long,
        value_name = "FILE.svg",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "lr.svg",
        conflicts_with_all = ["lr", "epochs", "out", "resume", "checkpoint_every", "patience", "restore_best", "validation", "snapshots", "tensorboard"]
    )]
    pub lr_find: Option<PathBuf>,
}

impl TuningArgs {
    /// What the command is to do.
    pub fn purpose(&self) -> Purpose {
        if self.lr_find.is_some() { Purpose::LrRange(LrRange::default()) } else { Purpose::Run }
    }

    /// The hyperparameters with these.
    pub fn recipe(&self, own: Recipe) -> Recipe {
        Recipe {
            weight_decay: self.weight_decay.unwrap_or(own.weight_decay),
            clip: self.clip.map_or(own.clip, |norm| Some(norm).filter(|norm| *norm > 0.0)),
            train_size: self.train_size.or(own.train_size),
            snapshots: self.snapshots.or(own.snapshots),
            ..own
        }
    }
}

fn decay(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|decay: &f64| decay.is_finite() && *decay >= 0.0)
        .ok_or("expected 0 or a positive number such as 0.05".to_owned())
}

fn size(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|size| *size > 0).ok_or("expected a whole number from 1 on".to_owned())
}
