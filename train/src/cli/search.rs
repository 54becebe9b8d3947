//! The command that searches for hyperparameters.

use std::io::{Write, stdout};
use std::path::Path;

use serde_json::Value;

use super::program::said;
use crate::run::{Purpose, RunOutcome};
use crate::search::{Score, Search, SearchTable, Trial, write_table};
use crate::{Metrics, TrainError};

/// Does a run with the values of a trial; a run of [`Purpose::Run`] is on all training data.
pub type TrainTrial<'a> = &'a mut dyn FnMut(&Trial, Purpose) -> Result<RunOutcome, TrainError>;

/// Searches, then trains with the best values on all training data, and prints the table.
///
/// # Errors
/// Returns an error if the folder has another search or cannot be written, a setting is invalid, training fails otherwise than by diverging, or stdout cannot be written.
pub fn search(search: &Search, folder: &Path, settings: Value, train: TrainTrial<'_>) -> Result<SearchTable, TrainError> {
    said(writeln!(stdout(), "{} trials of up to {} epochs; results in {}", search.trials, search.epochs, folder.display()))?;
    let mut table = search.run(folder, settings, &mut |trial| {
        let named: Vec<String> = search.axes.iter().zip(&trial.values).map(|(axis, value)| format!("{} {value}", axis.name)).collect();
        let heading = format!("trial {:>2}/{}, {:>2} epochs, {}", trial.number, trial.trials, trial.epochs, named.join(", "));
        let score = train(trial, Purpose::Trial).and_then(scored);
        match &score {
            Ok(Score { metric, value, .. }) => said(writeln!(stdout(), "{heading}: {}", Metrics::new().with(metric, *value)))?,
            Err(error) => said(writeln!(stdout(), "{heading}: {error}"))?,
        }
        score
    })?;
    let best = table.best.and_then(|best| table.trials.get(best - 1)).cloned();
    if let Some(best) = best.filter(|_| table.test.is_none()) {
        let trial =
            Trial { number: best.number, trials: search.trials, values: best.values, epochs: search.epochs, folder: folder.join("best") };
        said(writeln!(stdout(), "the best, trial {}, on all training data:", trial.number))?;
        if let RunOutcome::Run { summary, .. } = train(&trial, Purpose::Run)? {
            table.test = Some(summary.metrics.iter().filter(|(name, _)| name.starts_with("test_")).collect());
            write_table(folder, &table)?;
        }
    }
    said(write!(stdout(), "{}", table.markdown()))?;
    Ok(table)
}

/// The validation metric of a trial.
fn scored(outcome: RunOutcome) -> Result<Score, TrainError> {
    let RunOutcome::Run { summary, selected_by: (metric, better), .. } = outcome else {
        return Err(TrainError::Setting("a range test is not a trial".to_owned()));
    };
    let missing = || TrainError::Setting(format!("the trials have no `{metric}`"));
    let value = summary.metrics.get(metric).ok_or_else(missing)?;
    Ok(Score { metric: metric.to_owned(), better, value })
}

/// Prints what came of training: the test metrics of a run, or the suggestion of a range test, whose curve is drawn into `picture`.
///
/// # Errors
/// Returns an error if the picture or stdout cannot be written.
pub fn print_outcome(outcome: &RunOutcome, picture: Option<&Path>) -> Result<(), TrainError> {
    match outcome {
        RunOutcome::Run { folder, summary, .. } => {
            let test: Metrics = summary.metrics.iter().filter(|(name, _)| name.starts_with("test_")).collect();
            said(writeln!(stdout(), "{test} after {:.1} s; results in {}", summary.seconds, folder.display()))
        }
        RunOutcome::LrCurve(curve) => {
            let path = picture.unwrap_or(Path::new("lr.svg"));
            curve.save(path)?;
            said(writeln!(stdout(), "{curve}; curve in {}", path.display()))
        }
        RunOutcome::Diagnosis(diagnosis) => said(writeln!(stdout(), "{diagnosis}")),
    }
}
