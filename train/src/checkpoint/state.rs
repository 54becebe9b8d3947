//! Where a run is.

use std::fs;
use std::path::Path;

use layercake::io::write_atomically;
use serde::{Deserialize, Serialize};

use super::at;
use crate::TrainError;
use crate::metrics::{Epoch, Running};

/// Where a run is: `state.json` of a checkpoint. Whatever is random follows from the seeds and these counters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// What the run was told: it cannot go on with anything else.
    pub told: Told,
    /// The optimizer's steps so far.
    pub step: usize,
    /// The epoch that goes on, counted from 1.
    pub epoch: usize,
    /// The batch that comes next in it, counted from 0.
    pub batch: usize,
    /// The learning rate before schedules.
    pub base_lr: f64,
    /// The learning rate of the last step.
    pub lr: f64,
    /// What the average of the parameters has taken in.
    pub averaged: u64,
    /// The figures of the epoch so far.
    pub running: Running,
    /// The seconds that it has taken so far.
    pub elapsed: f64,
    /// The epochs that are done.
    pub history: Vec<Epoch>,
}

/// What must be the same when a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub seed: u64,
    pub items: usize,
    pub batches: usize,
    pub batch_size: usize,
    pub accumulate: usize,
}

impl State {
    pub fn new(told: Told, base_lr: f64) -> Self {
        let (running, history) = (Running::new(), Vec::new());
        Self { told, step: 0, epoch: 1, batch: 0, base_lr, lr: base_lr, averaged: 0, running, elapsed: 0.0, history }
    }

    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        let text = serde_json::to_string(self).expect("plain data can be written as JSON");
        write_atomically(path, text.as_bytes()).map_err(|source| at(path, source))
    }

    /// Reads one that was saved, and sees that it belongs to a run that was told the same.
    pub fn load(path: &Path, told: Told) -> Result<Self, TrainError> {
        let wrong = |reason: String| TrainError::Content { path: path.to_owned(), reason };
        let text = fs::read_to_string(path).map_err(|source| at(path, source))?;
        let state: Self = serde_json::from_str(&text).map_err(|error| wrong(format!("not the state of a run: {error}")))?;
        if state.told != told {
            let (theirs, ours) = (state.told, told);
            return Err(wrong(format!("the run that was kept is another one: it had {theirs}, this one has {ours}")));
        }
        if state.batch > told.batches || state.epoch != state.history.len() + 1 {
            return Err(wrong(format!("batch {} of epoch {} is nowhere in the run", state.batch, state.epoch)));
        }
        Ok(state)
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seed, items, batches, batch_size, accumulate } = self;
        write!(f, "seed {seed}, {items} items in {batches} batches of {batch_size}, {accumulate} to a step")
    }
}
