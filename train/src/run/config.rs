//! `config.json` and `summary.json`: what a run was told, and what came of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Recipe;
use super::folder::{MODEL, SUMMARY};
use crate::checkpoint::Sum;
use crate::data::{KnownDataset, Normalize};
use crate::{Metrics, TrainError};

/// All that is needed to repeat a run, to go on with it, or to use what it learned; `config.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// The version of Layercake. It also marks the folder as a run's.
    pub layercake: String,
    /// The model's name.
    pub model: String,
    /// The data set's name.
    pub dataset: KnownDataset,
    /// The folder that holds the data set's own folder, where it comes from files.
    #[serde(default)]
    pub data_dir: Option<PathBuf>,
    /// Where it ran: `cpu` or `cuda`.
    pub device: String,
    /// On how many threads.
    pub threads: usize,
    /// How it was trained. Its seed also seeded the initial parameters.
    pub recipe: Recipe,
    /// How images were normalized, measured on the training images.
    #[serde(alias = "normalise")]
    pub normalize: Option<Normalize>,
    /// The names of the classes, or the letters of a vocabulary; empty where there are none.
    #[serde(default)]
    pub classes: Vec<String>,
}

impl RunConfig {
    /// Reads a run's `config.json`.
    ///
    /// # Errors
    /// If it cannot be read, is not one, or holds numbers by which nothing can be trained.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        read_kept(path).map(|(config, _)| config)
    }

    /// The first thing by which nothing can be trained.
    fn fault(&self) -> Option<String> {
        if let Err(fault) = self.recipe.check() {
            return Some(fault.to_string());
        }
        if !["cpu", "cuda"].contains(&self.device.as_str()) {
            return Some(format!("unknown device {:?}; there are: cpu, cuda", self.device));
        }
        let normalize = self.normalize.as_ref().filter(|normalize| !normalize.fits(normalize.mean.len()));
        normalize.map(|_| "`normalize` needs a finite mean and a positive deviation for each channel".to_owned())
    }
}

/// What stands in the file: the configuration, and which files the run has written, so that nothing else is ever taken away.
#[derive(Debug, Serialize)]
pub(super) struct Kept<'a> {
    #[serde(flatten)]
    pub config: &'a RunConfig,
    pub files: &'a BTreeSet<String>,
}

/// The files, where a run has written them down: runs of old did not.
#[derive(Debug, Deserialize)]
struct Files {
    #[serde(default)]
    files: Option<BTreeSet<String>>,
}

/// Both.
pub(super) fn read_kept(path: &Path) -> Result<(RunConfig, Option<BTreeSet<String>>), TrainError> {
    let wrong = |reason: String| TrainError::Content { path: path.to_owned(), reason };
    let text = fs::read_to_string(path).map_err(|source| TrainError::File { path: path.to_owned(), source })?;
    let not_one = |error: serde_json::Error| wrong(format!("not the config.json of a run: {error}"));
    let config: RunConfig = serde_json::from_str(&text).map_err(not_one)?;
    let Files { files } = serde_json::from_str(&text).map_err(not_one)?;
    config.fault().map_or(Ok((config, files)), |fault| Err(wrong(fault)))
}

/// The files that an earlier run has written, whatever its numbers are: `Some(None)` of a run of old, none if the file is no run's
/// configuration.
pub(super) fn files_of(path: &Path) -> Option<Option<BTreeSet<String>>> {
    let text = fs::read_to_string(path).ok()?;
    let map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).ok()?;
    let is_a_runs = ["layercake", "model", "recipe"].iter().all(|key| map.contains_key(*key));
    is_a_runs.then(|| serde_json::from_str::<Files>(&text).ok().and_then(|kept| kept.files))
}

/// The final metrics; `summary.json`. The metrics are of the weights that were left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The model's name.
    pub model: String,
    /// The data set's name.
    pub dataset: KnownDataset,
    /// The number of trained parameters.
    pub params: usize,
    /// Those of the epoch whose weights were left, the last one unless the best was wished, named as in `metrics.jsonl` (`test_accuracy`, `train_loss`), and the items a second over all epochs
    /// without the time for testing (`images_per_second`).
    #[serde(flatten)]
    pub metrics: Metrics,
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
    /// By which instruction set: the bits of a run depend on it.
    #[serde(default)]
    pub instruction_set: String,
    /// The epoch after which the network had the weights that were left.
    #[serde(default)]
    pub weights_of_epoch: usize,
    /// Did the run end before its time, for want of progress?
    #[serde(default)]
    pub stopped_early: bool,
    /// The CRC-32 of `model.safetensors`, so that damage shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_crc32: Option<u32>,
}

/// Sees that the parameters in a run's folder are those that the run ended with: `summary.json` beside them has their checksum. Parameters
/// elsewhere, and those of a run that goes on, are taken as they are.
///
/// # Errors
/// If they are others.
pub fn verify_parameters(path: &Path) -> Result<(), TrainError> {
    #[derive(Deserialize)]
    struct Known {
        #[serde(default)]
        model_crc32: Option<u32>,
    }
    let summary = path.with_file_name(SUMMARY);
    if path.file_name() != Some(MODEL.as_ref()) || !summary.is_file() {
        return Ok(());
    }
    let text = fs::read_to_string(&summary).map_err(|source| TrainError::File { path: summary.clone(), source })?;
    let known: Known = serde_json::from_str(&text)
        .map_err(|error| TrainError::Content { path: summary.clone(), reason: format!("not the summary.json of a run: {error}") })?;
    let found = Sum::of(path)?.crc32;
    match known.model_crc32.filter(|&known| known != found) {
        Some(known) => Err(TrainError::Content {
            path: path.to_owned(),
            reason: format!(
                "damaged or replaced: summary.json says checksum {known:08x}, found {found:08x}; what is meant to be used lies elsewhere"
            ),
        }),
        None => Ok(()),
    }
}
