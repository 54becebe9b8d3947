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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Figures;

    fn state() -> State {
        let told = Told { seed: 1, items: 30, batches: 3, batch_size: 10, accumulate: 2 };
        let mut state = State::new(told, 0.1 + 0.2);
        state.running.add(&Figures::new().with("loss", 1.0 / 3.0), 10);
        let unit = "images".to_owned();
        let (train, test) = (Figures::new().with("loss", 0.1), Figures::new().with("iou", f64::NAN));
        state.history.push(Epoch { epoch: 1, step: 2, lr: 1e-3, train, test, unit, items_per_second: 7.5, seconds: 0.7 });
        State { epoch: 2, batch: 1, step: 3, elapsed: 0.1, ..state }
    }

    #[test]
    fn kept_to_the_last_bit() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("state.json");
        state().save(&path).unwrap();
        let loaded = State::load(&path, state().told).unwrap();
        // No number is not equal to itself: compared as text.
        assert_eq!(format!("{loaded:?}"), format!("{:?}", state()));
        let other = Told { batch_size: 5, batches: 6, ..state().told };
        let message = State::load(&path, other).unwrap_err().to_string();
        assert!(
            message.ends_with(
                "it had seed 1, 30 items in 3 batches of 10, 2 to a step, this one has seed 1, 30 items in 6 batches of 5, 2 to a step"
            ),
            "{message}"
        );
    }

    /// A byte changed, or the end cut off: a state or an error that names the file.
    #[test]
    fn damaged() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("state.json");
        state().save(&path).unwrap();
        let good = fs::read(&path).unwrap();
        let mut errors = 0;
        for i in 0..good.len() {
            for change in [1, 0x10, 0x80] {
                let mut spoilt = good.clone();
                spoilt[i] ^= change;
                for bytes in [&spoilt[..], &good[..i]] {
                    fs::write(&path, bytes).unwrap();
                    if let Err(error) = State::load(&path, state().told) {
                        assert!(error.to_string().contains("state.json"), "{error}");
                        errors += 1;
                    }
                }
            }
        }
        assert!(errors > 4 * good.len(), "{errors} errors");
    }
}
