//! `config.json` and `summary.json`: what a run was told, and what came of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Recipe;
use crate::data::{DataSet, Normalise};
use crate::{Figures, TrainError};

/// All that is needed to repeat a run, to go on with it, or to use what it learned; `config.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The version of Layercake. It also marks the folder as a run's.
    pub layercake: String,
    /// The model's name.
    pub model: String,
    /// The data set's name.
    pub dataset: DataSet,
    /// The folder that holds the data set's own folder, where it comes from files.
    #[serde(default)]
    pub data_dir: Option<PathBuf>,
    /// Where it ran: `cpu` or `cuda`.
    pub device: String,
    /// On how many threads.
    pub threads: usize,
    /// How it was trained. Its seed also seeded the initial parameters.
    pub recipe: Recipe,
    /// How images were normalised, measured on the training images.
    pub normalise: Option<Normalise>,
    /// The names of the classes, or the letters of a vocabulary; empty where there are none.
    #[serde(default)]
    pub classes: Vec<String>,
}

impl Config {
    /// Reads a run's `config.json`.
    ///
    /// # Errors
    /// If it cannot be read, or is not one.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = fs::read_to_string(path).map_err(|source| TrainError::File { path: path.to_owned(), source })?;
        serde_json::from_str(&text)
            .map_err(|error| TrainError::Content { path: path.to_owned(), reason: format!("not the config.json of a run: {error}") })
    }
}

/// The final figures; `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The model's name.
    pub model: String,
    /// The data set's name.
    pub dataset: DataSet,
    /// The number of trained parameters.
    pub params: usize,
    /// Those of the last epoch, named as in `metrics.jsonl` (`test_accuracy`, `train_loss`), and the items a second over all epochs
    /// without the time for testing (`images_per_second`).
    #[serde(flatten)]
    pub figures: Figures,
    /// How long all epochs took, testing included.
    pub seconds: f64,
    /// The number of epochs.
    pub epochs: usize,
    /// Items in a batch.
    pub batch_size: usize,
    /// The learning rate before the schedule.
    pub lr: f64,
    /// The seed of everything.
    pub seed: u64,
    /// Where it ran.
    pub device: String,
    /// On how many threads.
    pub threads: usize,
}
