//! Decides what the columns of a table mean, and measures them.

use super::frame::Frame;
use super::schema::{Column, ColumnKind, Schema, TableOptions};
use super::value::{distinct, is_missing, number};
use super::{nearest, target};
use crate::Goal;
use crate::data::{DataError, listed};

/// Columns with more different words are taken for names or identifiers.
const MOST_WORDS: usize = 100;

impl Schema {
    /// Decides what the columns of a table mean, by all of its rows; the numbers' statistics are measured by [`Schema::measure`]. Returns warnings too.
    ///
    /// # Errors
    /// Returns an error if a named column does not exist or is named twice, if a column of numbers has a word or one of words too many different ones, if the targets do not
    /// fit the task, or if no input is left. Errors name row and column.
    pub fn of(frame: &Frame, options: &TableOptions) -> Result<(Self, Vec<String>), DataError> {
        let TableOptions { targets, categories, ignored, group, .. } = options;
        if targets.is_empty() {
            return Err(frame.wrong("expected the name of a column to predict".to_owned(), "none".to_owned()));
        }
        for name in targets.iter().chain(categories).chain(ignored).chain(group) {
            frame.column(name)?;
        }
        for (at, name) in targets.iter().enumerate() {
            if targets[..at].contains(name) || ignored.contains(name) || group.as_ref() == Some(name) {
                return Err(frame.wrong(format!("expected `{name}` to be named once"), "it as a target and once more".to_owned()));
            }
        }
        let goal = target::goal(frame, options)?;
        let (mut inputs, mut unused, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for (column, name) in frame.columns().iter().enumerate() {
            if targets.contains(name) {
                continue;
            }
            if ignored.contains(name) || group.as_ref() == Some(name) {
                unused.push(name.clone());
                continue;
            }
            match kind(frame, column, categories.contains(name))? {
                Some(input) => inputs.push(input),
                None => {
                    let cell = super::frame::shown(frame.cell(0, column));
                    warnings.push(format!("{}: column `{name}` is {cell} in all rows, so it is not used", frame.path().display()));
                    unused.push(name.clone());
                }
            }
        }
        if inputs.is_empty() {
            return Err(frame.wrong("expected a column besides the targets with more than one value".to_owned(), listed(frame.columns())));
        }
        Ok((Self { inputs, targets: targets.clone(), goal, unused, group: group.clone() }, warnings))
    }

    /// Measures mean and standard deviation of the numbers in these rows: the training rows.
    pub fn measure(&mut self, frame: &Frame, rows: &[usize]) {
        for input in &mut self.inputs {
            let Ok(column) = frame.column(&input.name) else { continue };
            if let ColumnKind::Number { mean, std } = &mut input.kind {
                (*mean, *std) = statistics(frame, column, rows);
            }
        }
        if let Goal::Numbers(targets) = &mut self.goal {
            for target in targets {
                let Ok(column) = frame.column(&target.name) else { continue };
                (target.mean, target.std) = statistics(frame, column, rows);
            }
        }
    }
}

/// What a column is; `None` if it has the same value in all rows.
fn kind(frame: &Frame, column: usize, words: bool) -> Result<Option<Column>, DataError> {
    let name = frame.columns()[column].clone();
    let cells = || (0..frame.rows()).map(|row| frame.cell(row, column)).filter(|cell| !is_missing(cell));
    let (values, numbers) =
        cells().fold((0usize, 0usize), |(values, numbers), cell| (values + 1, numbers + usize::from(number(cell).is_some())));
    let missing = values < frame.rows();
    if words || 2 * numbers <= values {
        let Some(words) = distinct(cells(), MOST_WORDS) else {
            let expected = format!("expected at most {MOST_WORDS} different words in column `{name}`");
            let found = format!("more in {} rows; if they are names or identifiers, leave the column out: --ignore {name}", frame.rows());
            return Err(frame.wrong(expected, found));
        };
        if words.is_empty() || (words.len() == 1 && !missing) {
            return Ok(None);
        }
        return Ok(Some(Column { name, missing, kind: ColumnKind::Words(words) }));
    }
    only_numbers(frame, column)?;
    let mut all = cells().filter_map(number);
    let first = all.next();
    if !missing && all.all(|number| Some(number) == first) {
        return Ok(None);
    }
    Ok(Some(Column { name, missing, kind: ColumnKind::Number { mean: 0.0, std: 1.0 } }))
}

/// The first word in a column of numbers is an error.
pub(super) fn only_numbers(frame: &Frame, column: usize) -> Result<(), DataError> {
    let word = (0..frame.rows()).find(|&row| !is_missing(frame.cell(row, column)) && number(frame.cell(row, column)).is_none());
    let Some(row) = word else { return Ok(()) };
    let name = &frame.columns()[column];
    let remedy =
        format!("; correct it, leave it empty if it is not known, or say that all values of the column are words: --categories {name}");
    Err(frame.wrong_cell(row, column, "expected a number", &remedy))
}

/// Mean and standard deviation of the numbers in these rows, as NumPy's `std`; a standard deviation of 0 counts as 1.
fn statistics(frame: &Frame, column: usize, rows: &[usize]) -> (f64, f64) {
    let numbers: Vec<f64> = rows.iter().filter_map(|&row| number(frame.cell(row, column))).collect();
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().map(|number| number / count).sum::<f64>();
    // Scaled first, so that the squares of large numbers stay finite.
    let most = numbers.iter().map(|number| (number - mean).abs()).fold(0.0, f64::max);
    if most == 0.0 {
        return (mean, 1.0);
    }
    let variance = numbers.iter().map(|number| ((number - mean) / most).powi(2)).sum::<f64>() / count;
    (mean, most * variance.sqrt())
}

/// The nearest word, for messages.
pub(super) fn suggestion(word: &str, known: &[String]) -> String {
    nearest(word, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}
