//! `config.json` and `summary.json`: the settings and the results of a run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::{MODEL, SUMMARY};
use super::{Recipe, Source, Transfer};
use crate::arrays::ArraySchema;
use crate::checkpoint::Sum;
use crate::data::Normalize;
use crate::rl::AgentConfig;
use crate::tables::Schema;
use crate::{Goal, Metrics, TrainError};

/// The settings of a run, `config.json`: everything needed to repeat it, to resume it, or to use its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// The version of Layercake. The key also identifies the folder of a run.
    pub layercake: String,
    /// The model's name.
    pub model: String,
    /// The data set or the environment.
    #[serde(flatten)]
    pub source: Source,
    /// The folder that contains the data set's folder, for data sets in files.
    #[serde(default)]
    pub data_dir: Option<PathBuf>,
    /// Which of the model's networks it is, by its name, if it is not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The user's own data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnData>,
    /// The user's own text, for a model that reads one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<OwnText>,
    /// The device: `cpu` or `cuda`.
    pub device: String,
    /// Number of threads.
    pub threads: usize,
    /// The hyperparameters. The seed is also that of the initial parameters.
    pub recipe: Recipe,
    /// The normalization of the images, computed from the training images.
    #[serde(alias = "normalise")]
    pub normalize: Option<Normalize>,
    /// The names of the classes, or the characters of the vocabulary; may be empty.
    #[serde(default)]
    pub classes: Vec<String>,
    /// The settings of an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentConfig>,
    /// The run whose parameters it begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// The command and its arguments, for the report; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
}

/// The files of the user's own text. The characters are those of [`RunConfig::classes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnText {
    /// The text.
    pub path: PathBuf,
    /// The test text; `None` if the end of the text was held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<PathBuf>,
}

/// The columns of a list of pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureList {
    /// The column of the files, named from the folder of the list.
    pub files: String,
    /// The column of the classes.
    pub target: String,
    /// The column of groups whose pictures stay together when data are split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// The user's own data, and what was learned about them: what a model needs to be evaluated, and to predict from other data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OwnData {
    /// The file or folder; `None` for data that the program itself provides.
    pub path: Option<PathBuf>,
    /// The file or folder of the test data; `None` if a part of the data was held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<PathBuf>,
    /// Which of how many folds of a cross-validation is held out, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<[usize; 2]>,
    /// What is predicted.
    pub goal: Goal,
    /// The sizes of an input: `[features]`, `[channels, height, width]`.
    pub input: Vec<usize>,
    /// The columns of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Schema>,
    /// The columns of a list of pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<PictureList>,
    /// The arrays of NumPy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrays: Option<ArraySchema>,
    /// How training pictures change.
    #[cfg(feature = "tables")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub augmentations: Vec<crate::own::Augmentation>,
    /// The hidden layers of a network that is made for the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<usize>,
    /// The probability of its dropout; `None` for the network's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropout: Option<f64>,
}

impl RunConfig {
    /// Reads a run's `config.json`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or contains invalid settings.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        read_config(path).map(|(config, _)| config)
    }

    /// The first invalid setting.
    fn fault(&self) -> Option<String> {
        if let Err(fault) = self.recipe.check() {
            return Some(fault.to_string());
        }
        if let Some(Err(fault)) = self.agent.map(|agent| agent.check()) {
            return Some(fault.to_string());
        }
        if let Some(fault) = self.own.as_ref().and_then(|own| own.table.as_ref()?.fault()) {
            return Some(fault);
        }
        if let Some([fold, count]) = self.own.as_ref().and_then(|own| own.fold).filter(|[fold, count]| fold >= count) {
            return Some(format!("fold {fold}, counted from 0, of {count}"));
        }
        if let Some(fault) = self.own.as_ref().and_then(|own| own.arrays.as_ref()?.fault(&own.input)) {
            return Some(fault);
        }
        if !["cpu", "cuda"].contains(&self.device.as_str()) {
            return Some(format!("unknown device {:?}; known: cpu, cuda", self.device));
        }
        let normalize = self.normalize.as_ref().filter(|normalize| !normalize.fits(normalize.mean.len()));
        normalize.map(|_| "`normalize` needs a finite mean and a positive std for each channel".to_owned())
    }
}

/// The command line of this process for [`RunConfig::command`]: the program's name without its folder, and the arguments.
pub fn command() -> Vec<String> {
    let mut words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(program) = words.first_mut()
        && let Some(name) = Path::new(program.as_str()).file_stem()
    {
        *program = name.to_string_lossy().into_owned();
    }
    words
}

/// The content of the file: the configuration, and the files written by the run, so that only these are ever removed.
#[derive(Debug, Serialize)]
pub(super) struct ConfigFile<'a> {
    #[serde(flatten)]
    pub config: &'a RunConfig,
    pub files: &'a BTreeSet<String>,
}

/// The list of files; missing in runs of early versions.
#[derive(Debug, Deserialize)]
struct Files {
    #[serde(default)]
    files: Option<BTreeSet<String>>,
}

/// Reads the configuration and the list of files.
pub(super) fn read_config(path: &Path) -> Result<(RunConfig, Option<BTreeSet<String>>), TrainError> {
    let wrong = |reason: String| TrainError::Content { path: path.to_owned(), reason };
    let text = fs::read_to_string(path).map_err(|source| TrainError::File { path: path.to_owned(), source })?;
    let not_one = |error: serde_json::Error| wrong(format!("not the config.json of a run: {error}"));
    let config: RunConfig = serde_json::from_str(&text).map_err(not_one)?;
    let Files { files } = serde_json::from_str(&text).map_err(not_one)?;
    config.fault().map_or(Ok((config, files)), |fault| Err(wrong(fault)))
}

/// The list of files of an earlier run, without validating its settings: `Some(None)` if the run has no list, `None` if the file is not the
/// configuration of a run.
pub(super) fn files_of(path: &Path) -> Option<Option<BTreeSet<String>>> {
    let text = fs::read_to_string(path).ok()?;
    let map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).ok()?;
    let is_config = ["layercake", "model", "recipe"].iter().all(|key| map.contains_key(*key));
    is_config.then(|| serde_json::from_str::<Files>(&text).ok().and_then(|kept| kept.files))
}

/// The results of a run, `summary.json`. The metrics are those of the final weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The model's name.
    pub model: String,
    /// The data set or the environment.
    #[serde(flatten)]
    pub source: Source,
    /// Number of trainable parameters.
    pub params: usize,
    /// The metrics of the epoch of the final weights, with their names in `metrics.jsonl` (`test_accuracy`, `train_loss`), and the training items
    /// per second over all epochs (`images_per_second`).
    #[serde(flatten)]
    pub metrics: Metrics,
    /// The duration of all epochs in seconds, including evaluation.
    pub seconds: f64,
    /// Number of epochs.
    pub epochs: usize,
    /// Items per batch.
    pub batch_size: usize,
    /// The learning rate before the schedule.
    pub lr: f64,
    /// The seed.
    pub seed: u64,
    /// The device.
    pub device: String,
    /// Number of threads.
    pub threads: usize,
    /// The instruction set of the engine; the bits of a run depend on it.
    #[serde(default)]
    pub instruction_set: String,
    /// The epoch of the final weights.
    #[serde(default)]
    pub weights_of_epoch: usize,
    /// Whether early stopping ended the run.
    #[serde(default)]
    pub stopped_early: bool,
    /// The CRC-32 of `model.safetensors`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_crc32: Option<u32>,
}

impl RunSummary {
    /// Reads a run's `summary.json`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or is not the summary of a run.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = fs::read_to_string(path).map_err(|source| TrainError::File { path: path.to_owned(), source })?;
        serde_json::from_str(&text)
            .map_err(|error| TrainError::Content { path: path.to_owned(), reason: format!("not the summary.json of a run: {error}") })
    }
}

/// Verifies the parameters of a finished run by the checksum in its `summary.json`. Other parameter files are accepted.
///
/// # Errors
/// Returns an error if the checksum differs, or the file cannot be read.
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
                "damaged or replaced: summary.json says checksum {known:08x}, found {found:08x}; move other parameters out of the run folder to use them"
            ),
        }),
        None => Ok(()),
    }
}
