//! Search for hyperparameters: random draws (Bergstra and Bengio, 2012), from coarse to fine, by successive halving (Jamieson and Talwalkar, 2016).
//!
//! The first trial has the values that the program would take without a search. The others of the first stage are drawn from the whole ranges, those of the second
//! stage from the ranges around the best quarter of the first. Each stage begins with short runs, of a ninth of the epochs; the best third of its trials is run again
//! with a third of the epochs, and the best third of these with all; the first trial too, so that nothing worse is chosen. Each run has its whole learning rate schedule, so that runs of the same length can be compared.
//! Trials are compared by a validation metric. A trial whose run diverges is out.
//!
//! The program trains: [`Search::run`] calls it with the values and the number of epochs, and records the result before the next call. A search that was killed goes on
//! where it was, with the same table in the end.
//!
//! ```
//! use layercake::schedule::Better;
//! use layercake_train::search::{Axis, Score, Search};
//!
//! let search = Search { axes: vec![Axis::log("lr", 1e-4, 1.0)], first: vec![1e-3], trials: 20, epochs: 9, seed: 0 };
//! let folder = std::env::temp_dir().join("layercake-search-docs");
//! # _ = std::fs::remove_dir_all(&folder);
//! // The program's own training, here a function of the learning rate.
//! let table = search.run(&folder, serde_json::json!({ "model": "mine" }), &mut |trial| {
//!     let far = (trial.values[0] / 0.03).ln().powi(2);
//!     Ok(Score { metric: "validation_loss".to_owned(), better: Better::Lower, value: far / trial.epochs as f64 })
//! })?;
//! let best = table.ranked()[0];
//! assert!((0.01..0.1).contains(&best.values[0]), "{best:?}");
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), layercake_train::TrainError>(())
//! ```

mod folder;
mod space;
mod table;

use std::path::{Path, PathBuf};

use layercake::schedule::Better;
use serde::Serialize;

use crate::TrainError;
use folder::SearchFolder;
pub use folder::write_table;
use space::drawn;
pub use space::{Axis, Scale};
pub use table::{SearchTable, TrialRow, TrialRun};

/// Of so many trials one is run again, for longer; and the runs grow by this factor.
const HALVING: usize = 3;
/// The stages: coarse and fine.
const STAGES: usize = 2;

/// A search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Search {
    /// The hyperparameters and their ranges.
    pub axes: Vec<Axis>,
    /// The values of the first trial, one for each axis; they need not be within the ranges.
    pub first: Vec<f64>,
    /// Number of trials.
    pub trials: usize,
    /// Number of epochs of the longest runs.
    pub epochs: usize,
    /// The seed of the draws.
    pub seed: u64,
}

/// A run of a trial that the program is to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The number of the trial, counted from 1.
    pub number: usize,
    /// The number of all trials.
    pub trials: usize,
    /// The value of each axis.
    pub values: Vec<f64>,
    /// Number of epochs.
    pub epochs: usize,
    /// A folder for the run, inside that of the search.
    pub folder: PathBuf,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The name of the validation metric, the same for all runs.
    pub metric: String,
    /// Whether lower or higher is better.
    pub better: Better,
    /// Its value.
    pub value: f64,
}

impl Search {
    /// Runs the trials, or those that are left, and writes `search.json`, `search.md` and `search.svg` to a folder after each. `settings` is what else the results depend
    /// on: a folder with a search of other settings is an error. A run that ends with [`TrainError::Exploded`], [`TrainError::Diverged`] is a trial that is out.
    ///
    /// # Errors
    /// Returns an error if a range is invalid, the folder has another search or cannot be written, or training fails otherwise.
    pub fn run(
        &self,
        folder: &Path,
        settings: serde_json::Value,
        train: &mut dyn FnMut(&Trial) -> Result<Score, TrainError>,
    ) -> Result<SearchTable, TrainError> {
        self.check()?;
        let mut folder = SearchFolder::open(folder, self, settings)?;
        for stage in 1..=STAGES {
            let axes = if stage == 1 { self.axes.clone() } else { self.finer(&folder.table) };
            let mut alive: Vec<usize> = self.members(stage).collect();
            for &number in &alive {
                let values = if number == 1 { self.first.clone() } else { drawn(&axes, self.seed, stage as u64, number as u64) };
                folder.begin(number, stage, values)?;
            }
            for epochs in self.rungs() {
                for &number in &alive {
                    self.one(&mut folder, number, epochs, train)?;
                }
                alive = self.survivors(&folder.table, &alive, epochs);
            }
        }
        let best = folder.table.ranked().first().map(|trial| trial.number);
        let Some(best) = best else {
            return Err(TrainError::Setting("every trial of the search diverged; try lower learning rates".to_owned()));
        };
        folder.table.best = Some(best);
        folder.write()?;
        Ok(folder.table)
    }

    /// Does a run, unless its result is known.
    fn one(
        &self,
        folder: &mut SearchFolder,
        number: usize,
        epochs: usize,
        train: &mut dyn FnMut(&Trial) -> Result<Score, TrainError>,
    ) -> Result<(), TrainError> {
        let row = &folder.table.trials[number - 1];
        if row.runs.iter().any(|run| run.epochs == epochs) {
            return Ok(());
        }
        let (values, path) = (row.values.clone(), folder.path.join(format!("trial-{number:02}-{epochs}")));
        let done = train(&Trial { number, trials: self.trials, values, epochs, folder: path });
        let run = match done {
            Ok(Score { metric, better, value }) => {
                folder.table.metric = Some(metric);
                folder.table.higher_is_better = better == Better::Higher;
                TrialRun { epochs, score: Some(value), stopped: None }
            }
            Err(error @ (TrainError::Exploded { .. } | TrainError::Diverged { .. })) => {
                TrialRun { epochs, score: None, stopped: Some(error.to_string()) }
            }
            Err(error) => return Err(error),
        };
        folder.table.trials[number - 1].runs.push(run);
        folder.write()
    }

    /// The numbers of the trials of a stage: three fifths are coarse.
    fn members(&self, stage: usize) -> std::ops::RangeInclusive<usize> {
        let coarse = self.trials - self.trials * 2 / 5;
        if stage == 1 { 1..=coarse } else { coarse + 1..=self.trials }
    }

    /// The numbers of epochs, from the shortest to the longest runs.
    fn rungs(&self) -> Vec<usize> {
        let mut rungs = vec![self.epochs.div_ceil(HALVING * HALVING), self.epochs.div_ceil(HALVING), self.epochs];
        rungs.dedup();
        rungs
    }

    /// The trials that are run for longer: the best third, and the first trial, so that nothing is chosen that is worse than no search.
    fn survivors(&self, table: &SearchTable, alive: &[usize], epochs: usize) -> Vec<usize> {
        let score = |number: usize| table.trials[number - 1].runs.iter().find(|run| run.epochs == epochs)?.score;
        let mut scored: Vec<(usize, f64)> = alive.iter().filter_map(|&number| Some((number, score(number)?))).collect();
        scored.sort_by(|a, b| table.compare(a.1, b.1));
        let kept = scored.len().div_ceil(HALVING);
        scored.into_iter().enumerate().filter(|(rank, (number, _))| *rank < kept || *number == 1).map(|(_, (number, _))| number).collect()
    }

    /// The ranges around the best quarter of the trials so far.
    fn finer(&self, table: &SearchTable) -> Vec<Axis> {
        let coarse = self.members(1).count();
        let ranked = table.ranked();
        let best: Vec<_> = ranked.iter().filter(|trial| trial.number <= coarse).take(coarse.div_ceil(4)).collect();
        let around = |(i, axis): (usize, &Axis)| {
            let values: Vec<f64> = best.iter().map(|trial| trial.values[i].clamp(axis.low, axis.high)).collect();
            if values.is_empty() { axis.clone() } else { axis.around(&values) }
        };
        self.axes.iter().enumerate().map(around).collect()
    }

    fn check(&self) -> Result<(), TrainError> {
        self.axes.iter().try_for_each(Axis::check)?;
        if self.axes.is_empty() || self.first.len() != self.axes.len() {
            let (axes, first) = (self.axes.len(), self.first.len());
            return Err(TrainError::Setting(format!(
                "a search over {axes} hyperparameters with {first} first values; expected as many, at least 1"
            )));
        }
        if self.trials == 0 || self.epochs == 0 {
            return Err(TrainError::Setting("a search needs at least one trial and one epoch".to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
