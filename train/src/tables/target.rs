//! What the target columns say is to be predicted.

use super::frame::Frame;
use super::learn::only_numbers;
use super::schema::{TableOptions, TableTask};
use super::value::{distinct, is_missing, number};
use crate::data::DataError;
use crate::{Goal, NumberTarget};

/// Whole numbers with at most as many different values are classes.
const FEW: usize = 20;
/// More classes are taken for a mistake.
const MOST_CLASSES: usize = 1000;

pub(super) fn goal(frame: &Frame, options: &TableOptions) -> Result<Goal, DataError> {
    let columns: Vec<usize> = options.targets.iter().map(|name| frame.column(name)).collect::<Result<_, _>>()?;
    for &column in &columns {
        if let Some(row) = (0..frame.rows()).find(|&row| is_missing(frame.cell(row, column))) {
            return Err(frame.wrong_cell(row, column, "expected a value to predict", "; leave such rows out"));
        }
    }
    match options.task.unwrap_or_else(|| task(frame, &columns, options)) {
        TableTask::Classification => classes(frame, &columns),
        TableTask::Regression => {
            columns.iter().try_for_each(|&column| only_numbers(frame, column))?;
            columns.iter().map(|&column| target(frame, column)).collect::<Result<_, _>>().map(Goal::Numbers)
        }
        TableTask::Labels => {
            for &column in &columns {
                let other = |&row: &usize| !matches!(number(frame.cell(row, column)), Some(0.0 | 1.0));
                if let Some(row) = (0..frame.rows()).find(other) {
                    return Err(frame.wrong_cell(row, column, "expected 0 or 1", ""));
                }
            }
            Ok(Goal::Labels(options.targets.clone()))
        }
    }
}

/// Decides by the values.
fn task(frame: &Frame, columns: &[usize], options: &TableOptions) -> TableTask {
    let cells = |column: usize| (0..frame.rows()).map(move |row| frame.cell(row, column));
    if let [column] = *columns {
        let numbers = cells(column).filter(|cell| number(cell).is_some()).count();
        let words = options.categories.contains(&frame.columns()[column]) || 2 * numbers <= frame.rows();
        let whole = cells(column).all(|cell| number(cell).is_some_and(|number| number.fract() == 0.0));
        return if words || (whole && distinct(cells(column), FEW).is_some()) { TableTask::Classification } else { TableTask::Regression };
    }
    let binary = columns.iter().all(|&column| cells(column).all(|cell| matches!(number(cell), Some(0.0 | 1.0))));
    if binary { TableTask::Labels } else { TableTask::Regression }
}

fn classes(frame: &Frame, columns: &[usize]) -> Result<Goal, DataError> {
    let [column] = *columns else {
        return Err(
            frame.wrong("expected one column of classes".to_owned(), format!("{}; several columns of 0 and 1 are labels", columns.len()))
        );
    };
    let name = &frame.columns()[column];
    let Some(names) = distinct((0..frame.rows()).map(|row| frame.cell(row, column)), MOST_CLASSES) else {
        let expected = format!("expected at most {MOST_CLASSES} classes in column `{name}`");
        return Err(frame.wrong(expected, "more; to predict numbers, say --task regression".to_owned()));
    };
    match &names[..] {
        [only] => Err(frame.wrong(format!("expected at least two classes in column `{name}`"), format!("`{only}` in all rows"))),
        _ => Ok(Goal::Classes(names)),
    }
}

fn target(frame: &Frame, column: usize) -> Result<NumberTarget, DataError> {
    let name = frame.columns()[column].clone();
    let first = number(frame.cell(0, column));
    if (1..frame.rows()).all(|row| number(frame.cell(row, column)) == first) {
        return Err(
            frame.wrong(format!("expected different numbers in column `{name}`"), format!("`{}` in all rows", frame.cell(0, column)))
        );
    }
    Ok(NumberTarget { name, mean: 0.0, std: 1.0 })
}
