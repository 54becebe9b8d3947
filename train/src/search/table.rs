//! What a search has found.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::Axis;
use crate::{Metrics, metrics};

/// The trials of a search and their results: `search.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchTable {
    /// The version of Layercake. The key also identifies the file.
    pub layercake: String,
    /// What was searched, and how: a search goes on only with the same.
    pub settings: serde_json::Value,
    /// The hyperparameters with their ranges.
    pub axes: Vec<Axis>,
    /// The name of the validation metric that compares trials; `None` before the first result.
    pub metric: Option<String>,
    /// Whether a higher metric is better.
    #[serde(default)]
    pub higher_is_better: bool,
    /// The trials in their order.
    pub trials: Vec<TrialRow>,
    /// The number of the best trial; `None` until the search is over.
    pub best: Option<usize>,
    /// The test metrics of the best trial's hyperparameters, trained on all training data; `None` until then.
    pub test: Option<Metrics>,
}

/// A trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialRow {
    /// Its number, counted from 1.
    pub number: usize,
    /// The stage: 1 for the whole ranges, 2 for those around the best of them.
    pub stage: usize,
    /// The value of each axis.
    pub values: Vec<f64>,
    /// The results of the runs, each longer than the one before.
    pub runs: Vec<TrialRun>,
}

/// A run of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialRun {
    /// Number of epochs.
    pub epochs: usize,
    /// The validation metric; `None` if the run was stopped.
    pub score: Option<f64>,
    /// Why the run was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

impl TrialRow {
    /// The epochs and the score of the longest run that was not stopped.
    pub fn last(&self) -> Option<(usize, f64)> {
        self.runs.iter().rev().find_map(|run| run.score.map(|score| (run.epochs, score)))
    }
}

impl SearchTable {
    /// Whether the first score is the better one; NaN is the worst.
    pub(super) fn compare(&self, a: f64, b: f64) -> std::cmp::Ordering {
        let worst = if self.higher_is_better { f64::NEG_INFINITY } else { f64::INFINITY };
        let [a, b] = [a, b].map(|score| if score.is_nan() { worst } else { score });
        if self.higher_is_better { b.total_cmp(&a) } else { a.total_cmp(&b) }
    }

    /// The trials with a result, the best first: those of longer runs before those of shorter ones.
    pub fn ranked(&self) -> Vec<&TrialRow> {
        let mut ranked: Vec<(&TrialRow, (usize, f64))> = self.trials.iter().filter_map(|trial| Some((trial, trial.last()?))).collect();
        ranked.sort_by(|(_, (epochs, score)), (_, (other_epochs, other))| other_epochs.cmp(epochs).then(self.compare(*score, *other)));
        ranked.into_iter().map(|(trial, _)| trial).collect()
    }

    /// The table as Markdown, the best trial first, those that were stopped last.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        let names: Vec<&str> = self.axes.iter().map(|axis| axis.name.as_str()).collect();
        let metric = self.metric.as_deref().unwrap_or("score");
        _ = writeln!(text, "| trial | stage | {} | epochs | {metric} | |", names.join(" | "));
        _ = writeln!(text, "|--:|--:|{}--:|--:|--|", "--:|".repeat(names.len()));
        let ranked = self.ranked();
        let without = self.trials.iter().filter(|trial| trial.last().is_none());
        for trial in ranked.into_iter().chain(without) {
            let values: Vec<String> = trial.values.iter().map(|value| number(*value)).collect();
            let epochs = trial.runs.last().map_or(0, |run| run.epochs);
            let score = trial.last().map_or("-".to_owned(), |(_, score)| score_of(metric, score));
            let note = match trial.runs.last().and_then(|run| run.stopped.as_deref()) {
                Some(reason) => format!("stopped: {reason}"),
                None if Some(trial.number) == self.best => "the best".to_owned(),
                None => String::new(),
            };
            _ = writeln!(text, "| {} | {} | {} | {epochs} | {score} | {note} |", trial.number, trial.stage, values.join(" | "));
        }
        if let Some(test) = &self.test {
            _ = writeln!(text, "\nThe best, trained on all training data: {test}.");
        }
        text
    }
}

/// A value of an axis, with no more digits than it has.
pub(super) fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-3 { format!("{value:e}") } else { value.to_string() }
}

/// A score, as metrics are shown elsewhere.
fn score_of(metric: &str, score: f64) -> String {
    if metrics::is_share(metric) { format!("{:.2} %", 100.0 * score) } else { format!("{score:.4}") }
}
