//! The folder of a search.

use std::fs;
use std::path::{Path, PathBuf};

use layercake::io::write_atomically;

use super::space::three_digits;
use super::table::number;
use super::{Search, SearchTable, TrialRow};
use crate::TrainError;
use crate::checkpoint::FolderLock;
use crate::run::{ParallelAxis, ParallelLine, draw_parallel};

const TABLE: &str = "search.json";

/// The folder of a search, locked against other processes, with the table as far as it is known.
pub(super) struct SearchFolder {
    pub path: PathBuf,
    pub table: SearchTable,
    _lock: FolderLock,
}

impl SearchFolder {
    /// Opens the folder of the same search, or begins one in a new or empty folder.
    pub fn open(path: &Path, search: &Search, settings: serde_json::Value) -> Result<Self, TrainError> {
        let at = |path: &Path, source| TrainError::File { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(|source| at(path, source))?;
        let lock = FolderLock::take(path)?;
        let settings = serde_json::json!({ "search": search, "training": settings });
        let file = path.join(TABLE);
        let new = SearchTable {
            layercake: env!("CARGO_PKG_VERSION").to_owned(),
            settings,
            axes: search.axes.clone(),
            metric: None,
            higher_is_better: false,
            trials: Vec::new(),
            best: None,
            test: None,
        };
        let table = if file.is_file() { continued(&file, new)? } else { new };
        Ok(Self { path: path.to_owned(), table, _lock: lock })
    }

    /// Adds a trial, unless it is there.
    pub fn begin(&mut self, number: usize, stage: usize, values: Vec<f64>) -> Result<(), TrainError> {
        match self.table.trials.get(number - 1) {
            Some(row) if (row.number, row.stage) == (number, stage) && row.values == values => Ok(()),
            Some(row) => {
                let reason =
                    format!("expected trial {number} with the values {values:?}, found trial {} with {:?}", row.number, row.values);
                Err(TrainError::Content { path: self.path.join(TABLE), reason })
            }
            None => {
                self.table.trials.push(TrialRow { number, stage, values, runs: Vec::new() });
                Ok(())
            }
        }
    }

    pub fn write(&self) -> Result<(), TrainError> {
        write_table(&self.path, &self.table)
    }
}

/// The table of an earlier part of the search.
fn continued(file: &Path, new: SearchTable) -> Result<SearchTable, TrainError> {
    let wrong = |reason: String| TrainError::Content { path: file.to_owned(), reason };
    let text = fs::read_to_string(file).map_err(|source| TrainError::File { path: file.to_owned(), source })?;
    let table: SearchTable = serde_json::from_str(&text).map_err(|error| wrong(format!("not the table of a search: {error}")))?;
    if table.settings != new.settings {
        let differs = difference(&table.settings, &new.settings, "").unwrap_or_default();
        return Err(wrong(format!("the table of another search{differs}; name another folder (`--out`), or repeat that search")));
    }
    if table.trials.iter().any(|trial| trial.values.len() != table.axes.len()) || table.axes != new.axes {
        return Err(wrong("a trial has not one value for each hyperparameter".to_owned()));
    }
    Ok(table)
}

/// The first setting that differs: `: lr.high is 1, not 0.1`.
fn difference(a: &serde_json::Value, b: &serde_json::Value, place: &str) -> Option<String> {
    let null = serde_json::Value::Null;
    match (a, b) {
        (serde_json::Value::Object(a), serde_json::Value::Object(b)) => {
            let keys = a.keys().chain(b.keys());
            keys.into_iter().find_map(|key| difference(a.get(key).unwrap_or(&null), b.get(key).unwrap_or(&null), key))
        }
        (a, b) => (a != b).then(|| format!(": its `{place}` is {a}, not {b}")),
    }
}

/// Writes the table of a search to its folder: `search.json`, `search.md` and, with a result, `search.svg`.
///
/// # Errors
/// Returns an error if a file cannot be written.
pub fn write_table(folder: &Path, table: &SearchTable) -> Result<(), TrainError> {
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        write_atomically(&path, text.as_bytes()).map_err(|source| TrainError::File { path, source })
    };
    write(TABLE, serde_json::to_string_pretty(table).expect("plain data can be written as JSON") + "\n")?;
    write("search.md", table.markdown())?;
    match draw(table) {
        Some(drawn) => write("search.svg", drawn.map_err(|reason| TrainError::Drawing { path: folder.join("search.svg"), reason })?),
        None => Ok(()),
    }
}

/// The picture: an axis for each hyperparameter and one for the score, and a line for each trial.
fn draw(table: &SearchTable) -> Option<Result<String, String>> {
    let ranked = table.ranked();
    let scores: Vec<f64> = ranked.iter().filter_map(|trial| Some(trial.last()?.1)).filter(|score| score.is_finite()).collect();
    let (low, high) = scores.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &score| (low.min(score), high.max(score)));
    if scores.is_empty() {
        return None;
    }
    let longest = ranked.first()?.last()?.0;
    let mut axes: Vec<ParallelAxis> = table
        .axes
        .iter()
        .map(|axis| {
            let [low, middle, high] = [0.0, 0.5, 1.0].map(|place| number(three_digits(axis.value(place))));
            ParallelAxis { name: axis.name.clone(), ticks: vec![(0.0, low), (0.5, middle), (1.0, high)] }
        })
        .collect();
    let place = |score: f64| if high > low { (score - low) / (high - low) } else { 0.5 };
    let ticks = vec![(place(low), format!("{low:.4}")), (place(high), format!("{high:.4}"))];
    axes.push(ParallelAxis { name: table.metric.clone().unwrap_or_default().replace('_', " "), ticks });
    // The best is drawn last, over the others.
    let lines = ranked.iter().rev().filter_map(|trial| {
        let (epochs, score) = trial.last().filter(|(_, score)| score.is_finite())?;
        let mut places: Vec<f64> = table.axes.iter().zip(&trial.values).map(|(axis, &value)| axis.place(value).clamp(0.0, 1.0)).collect();
        places.push(place(score));
        Some(ParallelLine { places, strong: Some(trial.number) == ranked.first().map(|best| best.number), faint: epochs < longest })
    });
    let title = format!("{} trials: the best, other runs of {longest} epochs, shorter runs (gray)", ranked.len());
    Some(draw_parallel(&title, &axes, &lines.collect::<Vec<_>>()))
}
