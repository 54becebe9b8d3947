//! `progress.json`: how far a run is within its epoch.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use layercake::io::write_atomically;
use serde::{Deserialize, Serialize};

use crate::{Metrics, Progress, TrainError};

/// The name of the file.
pub(super) const PROGRESS: &str = "progress.json";
/// The shortest time between two writes.
const INTERVAL: Duration = Duration::from_secs(1);

/// How far a run is: `progress.json`, which a run that is going on writes about once a second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunProgress {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Batches of the epoch so far.
    pub batch: usize,
    /// Batches per epoch.
    pub batches: usize,
    /// Optimizer steps since the start of the run.
    pub step: usize,
    /// The learning rate of the last step.
    pub lr: f64,
    /// Means over the epoch so far.
    pub train: Metrics,
    /// Training items per second in this epoch.
    pub items_per_second: f64,
    /// The duration of the epoch so far in seconds.
    pub seconds: f64,
}

impl RunProgress {
    pub(super) fn of(progress: &Progress<'_>) -> Self {
        let Progress { epoch, batch, batches, step, lr, train, elapsed, .. } = *progress;
        let seconds = elapsed.as_secs_f64();
        let items_per_second = train.items() as f64 / seconds.max(1e-9);
        Self { epoch, batch, batches, step, lr, train: train.means(), items_per_second, seconds }
    }

    /// The share of the epoch that is done.
    pub fn share(&self) -> f64 {
        self.batch as f64 / self.batches.max(1) as f64
    }

    /// Reads the file of a run, if there is one.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, TrainError> {
        let path = folder.join(PROGRESS);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(TrainError::File { path, source }),
            Ok(text) => match serde_json::from_str(&text) {
                Ok(progress) => Ok(Some(progress)),
                Err(error) => Err(TrainError::Content { path, reason: format!("not the progress of a run: {error}") }),
            },
        }
    }
}

/// Writes the file, but not too often.
#[derive(Debug, Default)]
pub(super) struct ProgressFile {
    written: Option<Instant>,
}

impl ProgressFile {
    pub fn is_due(&self) -> bool {
        self.written.is_none_or(|written| written.elapsed() >= INTERVAL)
    }

    pub fn write(&mut self, folder: &Path, progress: &Progress<'_>) -> Result<(), TrainError> {
        self.written = Some(Instant::now());
        let path = folder.join(PROGRESS);
        let text = serde_json::to_string(&RunProgress::of(progress)).expect("plain data can be written as JSON") + "\n";
        write_atomically(&path, text.as_bytes()).map_err(|source| TrainError::File { path, source })
    }
}
