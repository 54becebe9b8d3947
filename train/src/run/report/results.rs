//! What the folder of a run contains.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::config::read_config;
use super::super::folder::{CONFIG, METRICS, SUMMARY, is_name};
use super::super::{RunConfig, RunProgress, RunSummary};
use crate::checkpoint::FolderLock;
use crate::metrics::Epoch;
use crate::{Metrics, TrainError};

/// The settings and results in the folder of a run, finished or not.
#[derive(Clone, Debug)]
pub struct Results {
    /// The folder.
    pub path: PathBuf,
    /// The settings.
    pub config: RunConfig,
    /// The metrics of each epoch so far.
    pub history: Vec<Epoch>,
    /// The summary of a finished run.
    pub summary: Option<RunSummary>,
    /// How far a run is that is going on or was interrupted.
    pub progress: Option<RunProgress>,
    /// The files that the run has written, besides its configuration.
    pub(super) files: BTreeSet<String>,
}

impl Results {
    /// Reads the folder of a run.
    ///
    /// # Errors
    /// Returns an error if the folder contains no run or a file of it is damaged.
    pub fn read(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join(CONFIG);
        if !path.exists() {
            let reason = if folder.exists() { "not the folder of a run: it has no config.json" } else { "no such run folder" };
            return Err(TrainError::File { path: folder.to_owned(), source: io::Error::new(io::ErrorKind::NotFound, reason) });
        }
        let (config, files) = read_config(&path)?;
        let path = folder.join(SUMMARY);
        let summary = match path.is_file() {
            true => {
                let not_one = |error| TrainError::Content { path: path.clone(), reason: format!("not the summary.json of a run: {error}") };
                Some(serde_json::from_str(&text(&path)?).map_err(not_one)?)
            }
            false => None,
        };
        let files = files.unwrap_or_default().into_iter().filter(|name| is_name(name)).collect();
        let (history, progress) = (history(&folder.join(METRICS))?, RunProgress::read(folder)?);
        // That of an epoch whose metrics are written already is old.
        let progress = progress.filter(|progress| summary.is_none() && progress.epoch > history.len());
        Ok(Self { path: folder.to_owned(), config, history, summary, progress, files })
    }

    /// The epoch of the final weights, or the last one.
    pub(super) fn chosen(&self) -> Option<&Epoch> {
        let chosen = self.summary.as_ref().and_then(|summary| self.history.get(summary.weights_of_epoch.checked_sub(1)?));
        chosen.or_else(|| self.history.last())
    }

    /// The metrics that count: on the test data, or on the training data if there are no others.
    pub(super) fn metrics(&self) -> (&'static str, Metrics) {
        let Some(epoch) = self.chosen() else { return ("test", Metrics::new()) };
        let parts = [("test", &epoch.test), ("validation", &epoch.validation), ("training", &epoch.train)];
        let (part, metrics) = parts.into_iter().find(|(_, metrics)| !metrics.is_empty()).unwrap_or(("test", &epoch.test));
        (part, metrics.clone())
    }

    /// Whether a process is training it.
    pub fn is_going_on(&self) -> bool {
        self.summary.is_none() && FolderLock::is_held(&self.path)
    }

    /// An estimate of the seconds until the last epoch ends, by the last epochs; `None` for a finished run, or without steps.
    pub fn time_left(&self) -> Option<f64> {
        const RECENT: usize = 5;
        if self.summary.is_some() {
            return None;
        }
        let recent = &self.history[self.history.len().saturating_sub(RECENT)..];
        let share = self.progress.as_ref().map_or(0.0, RunProgress::share);
        let of_epoch = match recent.len() {
            0 => self.progress.as_ref().filter(|_| share > 0.0).map(|progress| progress.seconds / share)?,
            count => recent.iter().map(|epoch| epoch.seconds).sum::<f64>() / count as f64,
        };
        let epochs = self.config.recipe.epochs as f64 - self.history.len() as f64 - share;
        Some(of_epoch * epochs.max(0.0))
    }

    /// The duration of all epochs in seconds.
    pub(super) fn seconds(&self) -> f64 {
        // The sum of nothing would be -0.
        self.history.iter().fold(0.0, |seconds, epoch| seconds + epoch.seconds)
    }
}

/// The epochs in `metrics.jsonl`. A last line without its end is one that is being written.
fn history(path: &Path) -> Result<Vec<Epoch>, TrainError> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = text(path)?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let epoch = |(i, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| TrainError::Content {
            path: path.to_owned(),
            reason: format!("line {}: not the metrics of an epoch: {error}", i + 1),
        })
    };
    whole.lines().enumerate().map(epoch).collect()
}

fn text(path: &Path) -> Result<String, TrainError> {
    fs::read_to_string(path).map_err(|source| TrainError::File { path: path.to_owned(), source })
}
