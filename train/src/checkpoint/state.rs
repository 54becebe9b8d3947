//! The position in a run.

use std::fs;
use std::path::Path;

use layercake::io::write_atomically;
use serde::{Deserialize, Serialize};

use super::{VERSION, at};
use crate::TrainError;
use crate::metrics::{Epoch, RunningMetrics, exact_epoch, exact_epochs};

/// The position in a run and its history: `state.json` of a checkpoint. Random numbers are functions of the seeds and these counters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The format version; 1 if missing.
    #[serde(default = "first")]
    pub version: u32,
    /// The settings that must not change on resume.
    #[serde(alias = "told")]
    pub settings: RunSettings,
    /// Optimizer steps so far.
    pub step: usize,
    /// The current epoch, counted from 1.
    pub epoch: usize,
    /// The next batch of the epoch, counted from 0.
    pub batch: usize,
    /// The learning rate before schedules.
    pub base_lr: f64,
    /// Those of further optimizers, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_lrs: Vec<f64>,
    /// The learning rate of the last step.
    pub lr: f64,
    /// Number of updates of the parameter average.
    pub averaged: u64,
    /// The metrics of the epoch so far.
    pub running: RunningMetrics,
    /// What was measured of the steps of the epoch so far. Missing in checkpoints of early versions.
    #[serde(default, alias = "norms")]
    pub measured: RunningMetrics,
    /// The duration of the epoch so far in seconds.
    pub elapsed: f64,
    /// The finished epochs.
    #[serde(serialize_with = "exact_epochs")]
    pub history: Vec<Epoch>,
    /// The metrics of a partial epoch that ended after the requested number of steps. Dropped if the epoch continues.
    #[serde(default, serialize_with = "exact_epoch")]
    pub partial: Option<Epoch>,
    /// The epoch whose weights are saved as the best so far.
    #[serde(default)]
    pub best: Option<usize>,
}

fn first() -> u32 {
    1
}

/// Reads only the format version.
pub(super) fn version(path: &Path) -> Result<u32, TrainError> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(default = "first")]
        version: u32,
    }
    let text = fs::read_to_string(path).map_err(|source| at(path, source))?;
    let read = serde_json::from_str::<Version>(&text);
    read.map(|found| found.version)
        .map_err(|error| TrainError::Content { path: path.to_owned(), reason: format!("not the state of a run: {error}") })
}

/// The settings that must be the same when a run is resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunSettings {
    pub seed: u64,
    pub items: usize,
    pub batches: usize,
    pub batch_size: usize,
    pub accumulate: usize,
}

impl State {
    /// The beginning of a run; `further_lrs` are the learning rates of further optimizers.
    pub fn new(settings: RunSettings, base_lr: f64, further_lrs: Vec<f64>) -> Self {
        let (running, measured, history) = (RunningMetrics::new(), RunningMetrics::new(), Vec::new());
        let (version, lr, averaged, elapsed, partial, best) = (VERSION, base_lr, 0, 0.0, None, None);
        Self {
            version,
            settings,
            step: 0,
            epoch: 1,
            batch: 0,
            base_lr,
            further_lrs,
            lr,
            averaged,
            running,
            measured,
            elapsed,
            history,
            partial,
            best,
        }
    }

    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        let text = serde_json::to_string(self).expect("plain data can be written as JSON");
        write_atomically(path, text.as_bytes()).map_err(|source| at(path, source))
    }

    /// Reads a state and checks that it belongs to a run with the same settings. All numbers are validated before the trainer relies on them.
    pub fn load(path: &Path, settings: RunSettings) -> Result<Self, TrainError> {
        let wrong = |reason: String| TrainError::Content { path: path.to_owned(), reason };
        let text = fs::read_to_string(path).map_err(|source| at(path, source))?;
        let state: Self = serde_json::from_str(&text).map_err(|error| wrong(format!("not the state of a run: {error}")))?;
        if !(1..=VERSION).contains(&state.version) {
            return Err(wrong(format!("expected a checkpoint of version 1 to {VERSION}, found {}", state.version)));
        }
        if state.settings != settings {
            let (theirs, ours) = (state.settings, settings);
            return Err(wrong(format!("the checkpoint belongs to another run: it has {theirs}, this run has {ours}")));
        }
        state.fault().map_or(Ok(state), |reason| Err(wrong(reason)))
    }

    /// The first inconsistency.
    fn fault(&self) -> Option<String> {
        let RunSettings { items, batches, accumulate, .. } = self.settings;
        if self.batch > batches || self.history.len().checked_add(1) != Some(self.epoch) {
            return Some(format!("there is no batch {} of epoch {} in the run", self.batch, self.epoch));
        }
        let steps = |epochs: usize| epochs.checked_mul(batches.div_ceil(accumulate));
        let in_epoch = if self.batch == batches { self.batch.div_ceil(accumulate) } else { self.batch / accumulate };
        let most = steps(self.history.len()).and_then(|steps| steps.checked_add(in_epoch));
        // In version 1 an epoch could end early.
        if most.is_none_or(|most| self.step > most || (self.version > 1 && self.step != most)) {
            return Some(format!("step {} does not match batch {} of epoch {}", self.step, self.batch, self.epoch));
        }
        if self.averaged > self.step as u64 {
            return Some(format!("a parameter average over {} steps, but only {} steps", self.averaged, self.step));
        }
        if self.running.items() > items as u64 {
            return Some(format!("{} items in an epoch of {items}", self.running.items()));
        }
        if self.best.is_some_and(|best| !(1..self.epoch).contains(&best)) {
            return Some(format!("the best epoch {} is not finished", self.best.unwrap_or_default()));
        }
        let further = self.further_lrs.iter().map(|lr| ("further_lrs", *lr));
        if let Some((name, _)) = [("base_lr", self.base_lr), ("lr", self.lr)].into_iter().chain(further).find(|(_, lr)| !lr.is_finite()) {
            return Some(format!("`{name}` is not a finite number"));
        }
        if !is_time(self.elapsed) {
            return Some(format!("`elapsed` is {}, which is not a duration", self.elapsed));
        }
        let mut before = 0;
        for (position, epoch) in self.history.iter().chain(&self.partial).enumerate() {
            let good = epoch.epoch == position + 1 && (before..=self.step).contains(&epoch.step) && epoch.lr.is_finite();
            let speed = epoch.items_per_second;
            if !good || !is_time(epoch.seconds) || speed.is_nan() || speed < 0.0 {
                return Some(format!("the epoch at position {position} of the history is inconsistent"));
            }
            before = epoch.step;
        }
        None
    }
}

/// Whether a number of seconds is a plausible duration: at most some thousand years.
fn is_time(seconds: f64) -> bool {
    (0.0..=1e11).contains(&seconds)
}

impl std::fmt::Display for RunSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seed, items, batches, batch_size, accumulate } = self;
        write!(f, "seed {seed}, {items} items in {batches} batches of {batch_size}, {accumulate} batches per step")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metrics;

    fn state() -> State {
        let settings = RunSettings { seed: 1, items: 30, batches: 3, batch_size: 10, accumulate: 2 };
        let mut state = State::new(settings, 0.1 + 0.2, vec![0.1]);
        state.running.add(&Metrics::new().with("loss", 1.0 / 3.0), 10);
        let unit = "images".to_owned();
        let (train, test) = (Metrics::new().with("loss", 0.1), Metrics::new().with("iou", f64::NAN));
        state.measured.add_mean("gradient_norm", 1.0 / 7.0, 1.0);
        let (validation, gradient_norm) = (Metrics::new().with("perplexity", f64::INFINITY), Some(0.3));
        let (items_per_second, seconds) = (7.5, 0.7);
        let measured = Epoch { gradient_norm, first_loss: Some(2.0 / 7.0), items_per_second, seconds, ..Epoch::default() };
        let epoch = Epoch { epoch: 1, step: 2, lr: 1e-3, train, validation, test, unit, ..measured };
        state.history.push(epoch.clone());
        let partial = Some(Epoch { epoch: 2, step: 3, ..epoch });
        State { epoch: 2, batch: 2, step: 3, elapsed: 0.1, partial, best: Some(1), ..state }
    }

    #[test]
    fn exact_round_trip() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("state.json");
        state().save(&path).unwrap();
        let loaded = State::load(&path, state().settings).unwrap();
        // Compared as text, since NaN is not equal to itself.
        assert_eq!(format!("{loaded:?}"), format!("{:?}", state()));
        let other = RunSettings { batch_size: 5, batches: 6, ..state().settings };
        let message = State::load(&path, other).unwrap_err().to_string();
        assert!(
            message.ends_with(
                "it has seed 1, 30 items in 3 batches of 10, 2 batches per step, this run has seed 1, 30 items in 6 batches of 5, 2 batches per step"
            ),
            "{message}"
        );
    }

    /// A changed byte or a truncated file results in a state, or in an error that names the file.
    #[test]
    fn damaged() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("state.json");
        state().save(&path).unwrap();
        let good = fs::read(&path).unwrap();
        let mut errors = 0;
        for i in 0..good.len() {
            for change in [1, 0x10, 0x80] {
                let mut spoiled = good.clone();
                spoiled[i] ^= change;
                for bytes in [&spoiled[..], &good[..i]] {
                    fs::write(&path, bytes).unwrap();
                    if let Err(error) = State::load(&path, state().settings) {
                        assert!(error.to_string().contains("state.json"), "{error}");
                        errors += 1;
                    }
                }
            }
        }
        assert!(errors > 4 * good.len(), "{errors} errors");
    }
    /// A state of version 1: no version, flat metrics, an epoch that ended early.
    #[test]
    fn version_1() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("state.json");
        let text = r#"{"told":{"seed":1,"items":30,"batches":3,"batch_size":10,"accumulate":2},"step":2,"epoch":2,"batch":2,"base_lr":0.1,
            "lr":0.1,"averaged":2,"running":{"sums":{"loss":6.0},"items":20},"elapsed":0.5,"history":[{"epoch":1,"step":1,"lr":0.1,
            "train_loss":0.5,"test_iou":null,"images_per_second":7.5,"seconds":0.7}]}"#;
        fs::write(&path, text).unwrap();
        let old = State::load(&path, state().settings).unwrap();
        assert_eq!((old.version, old.step, old.running.mean("loss"), old.history[0].unit.as_str()), (1, 2, Some(0.3), "images"));
        assert!(old.history[0].test.get("iou").unwrap().is_nan());
    }

    /// Inconsistent numbers are rejected.
    #[test]
    fn inconsistent_numbers() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("state.json");
        state().save(&path).unwrap();
        let good: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let huge = serde_json::json!(u64::MAX);
        let cases = [
            ("/version", serde_json::json!(3), "expected a checkpoint of version 1 to 2, found 3"),
            ("/version", serde_json::json!(0), "expected a checkpoint of version 1 to 2, found 0"),
            ("/step", huge.clone(), "step 18446744073709551615 does not match batch 2 of epoch 2"),
            ("/step", serde_json::json!(2), "step 2 does not match batch 2 of epoch 2"),
            ("/epoch", huge.clone(), "there is no batch 2 of epoch 18446744073709551615 in the run"),
            ("/batch", serde_json::json!(4), "there is no batch 4 of epoch 2 in the run"),
            ("/averaged", huge.clone(), "a parameter average over 18446744073709551615 steps, but only 3 steps"),
            ("/running/items", huge.clone(), "18446744073709551615 items in an epoch of 30"),
            ("/best", serde_json::json!(2), "the best epoch 2 is not finished"),
            ("/elapsed", serde_json::json!(-1.0), "`elapsed` is -1, which is not a duration"),
            ("/elapsed", serde_json::json!(1e308), "which is not a duration"),
            ("/history/0/epoch", serde_json::json!(2), "the epoch at position 0 of the history is inconsistent"),
            ("/history/0/step", huge, "the epoch at position 0 of the history is inconsistent"),
            ("/history/0/seconds", serde_json::json!("inf"), "the epoch at position 0 of the history is inconsistent"),
            ("/history/0/items_per_second", serde_json::json!(-1), "the epoch at position 0 of the history is inconsistent"),
            ("/partial/epoch", serde_json::json!(3), "the epoch at position 1 of the history is inconsistent"),
            ("/history/0/lr", serde_json::json!("many"), "not the state of a run"),
        ];
        for (pointer, value, says) in cases {
            let mut spoiled = good.clone();
            *spoiled.pointer_mut(pointer).unwrap() = value;
            fs::write(&path, spoiled.to_string()).unwrap();
            let message = State::load(&path, state().settings).unwrap_err().to_string();
            assert!(message.contains("state.json: ") && message.contains(says), "{pointer}: {message}");
        }
    }
}
