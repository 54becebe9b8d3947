//! Decides what arrays mean, and measures them.

use std::collections::BTreeSet;

use super::named::Pairs;
use super::rows::{Rows, shown};
use super::schema::{ArraySchema, Layout};
use crate::data::{DataError, Target, sizes};
use crate::tables::TableTask;
use crate::{Goal, NumberTarget};

/// More classes are taken for a mistake.
const MOST_CLASSES: usize = 1000;
/// So many rows are read at a time.
const CHUNK: usize = 256;

impl ArraySchema {
    /// Decides what arrays mean. `input` are the sizes that the network takes; `None` if it is made for the data, as a vector. Means and standard deviations are measured by
    /// [`ArraySchema::measure`]. Returns what is to be predicted, and the sizes of an input.
    ///
    /// # Errors
    /// Returns an error if the network does not take such rows, or the targets do not fit the task.
    pub fn of(pairs: &Pairs, task: Option<TableTask>, input: Option<&[usize]>) -> Result<(Self, Goal, Vec<usize>), DataError> {
        let Pairs { inputs, targets } = pairs;
        let (layout, input) = layout(inputs, input)?;
        let (goal, values) = goal(targets, task)?;
        let groups = Self::groups(&input).0;
        let schema = Self {
            inputs: inputs.stem().to_owned(),
            target: targets.stem().to_owned(),
            group: None,
            row: inputs.row().to_vec(),
            layout,
            mean: vec![0.0; groups],
            std: vec![1.0; groups],
            values,
        };
        Ok((schema, goal, input))
    }

    /// Measures means and standard deviations in these rows, the training rows, which are sorted. Numbers without deviation are not scaled.
    ///
    /// # Errors
    /// Returns an error if the array cannot be read, or a number is not finite: it names the row.
    pub fn measure(&mut self, inputs: &Rows, rows: &[usize], input: &[usize]) -> Result<(), DataError> {
        let (groups, run) = Self::groups(input);
        // Sums of distances from the first row's numbers, which lose no digits to a large mean.
        let (mut shift, mut sums, mut squares, mut count) = (Vec::new(), vec![0.0f64; groups], vec![0.0f64; groups], 0usize);
        each_chunk(inputs, rows, |row, numbers: Vec<f32>| {
            let numbers = self.arranged(&numbers);
            if let Some(number) = numbers.iter().find(|number| !number.is_finite()) {
                return Err(inputs.wrong(format!("expected finite numbers in row {row}, counted from 0"), number.to_string()));
            }
            if shift.is_empty() {
                shift = (0..groups).map(|group| f64::from(numbers[group * run])).collect();
            }
            for (i, &number) in numbers.iter().enumerate() {
                let group = i / run % groups;
                let off = f64::from(number) - shift[group];
                sums[group] += off;
                squares[group] += off * off;
            }
            count += numbers.len() / groups;
            Ok(())
        })?;
        let count = count.max(1) as f64;
        for group in 0..groups {
            let mean = sums[group] / count;
            let std = (squares[group] / count - mean * mean).max(0.0).sqrt();
            self.mean[group] = shift.get(group).copied().unwrap_or(0.0) + mean;
            // What remains of equal numbers is rounding.
            self.std[group] = if std > 1e-7 * self.mean[group].abs() && std.is_finite() { std } else { 1.0 };
        }
        Ok(())
    }

    /// The targets of all rows. Numbers are standardized.
    ///
    /// # Errors
    /// Returns an error if the array cannot be read, has other axes than in training, or a class that training did not have: it names the row.
    pub fn targets(&self, goal: &Goal, targets: &Rows) -> Result<Vec<Target>, DataError> {
        let width: usize = targets.row().iter().product();
        let expected = if matches!(goal, Goal::Classes(_)) { 1 } else { goal.outputs() };
        if width != expected || targets.row().len() > 1 {
            let shape = if expected == 1 { "[rows]".to_owned() } else { format!("[rows, {expected}]") };
            return Err(targets.wrong(format!("expected the shape {shape}, as in training"), shown(targets.shape())));
        }
        let mut all = Vec::with_capacity(targets.len());
        let rows: Vec<usize> = (0..targets.len()).collect();
        each_chunk(targets, &rows, |row, numbers: Vec<f64>| {
            let wrong = |expected: String, found: f64| targets.wrong(format!("{expected} in row {row}, counted from 0"), found.to_string());
            all.push(match goal {
                Goal::Classes(names) => {
                    let found = self.values.iter().position(|&value| value as f64 == numbers[0]);
                    let expected = || format!("expected a class of the training data ({})", crate::data::listed(names));
                    Target::Class(found.ok_or_else(|| wrong(expected(), numbers[0]))?)
                }
                Goal::Numbers(each) => match numbers.iter().find(|number| !number.is_finite()) {
                    Some(&number) => return Err(wrong("expected a finite number".to_owned(), number)),
                    None => Target::Numbers(each.iter().zip(&numbers).map(|(target, &number)| target.standardized(number)).collect()),
                },
                Goal::Labels(_) => match numbers.iter().find(|number| ![0.0, 1.0].contains(number)) {
                    Some(&number) => return Err(wrong("expected 0 or 1".to_owned(), number)),
                    None => Target::Labels(numbers.iter().map(|&number| number == 1.0).collect()),
                },
            });
            Ok(())
        })?;
        Ok(all)
    }

    /// A row in the network's order.
    pub(super) fn arranged(&self, numbers: &[f32]) -> Vec<f32> {
        match (self.layout, &self.row[..]) {
            (Layout::ChannelsLast, &[height, width, channels]) => {
                (0..channels).flat_map(|c| (0..height * width).map(move |i| numbers[i * channels + c])).collect()
            }
            _ => numbers.to_vec(),
        }
    }
}

/// Measures the targets in these rows: the training rows.
pub(crate) fn measure_targets(goal: &mut Goal, targets: &Rows, rows: &[usize]) -> Result<(), DataError> {
    let Goal::Numbers(each) = goal else { return Ok(()) };
    let mut columns = vec![Vec::with_capacity(rows.len()); each.len()];
    each_chunk(targets, rows, |_, numbers: Vec<f64>| {
        columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
        Ok(())
    })?;
    for (target, column) in each.iter_mut().zip(columns) {
        let count = column.len().max(1) as f64;
        target.mean = column.iter().sum::<f64>() / count;
        let std = (column.iter().map(|number| (number - target.mean).powi(2)).sum::<f64>() / count).sqrt();
        target.std = if std > 0.0 { std } else { 1.0 };
    }
    Ok(())
}

/// Calls `work` with the numbers of each of these rows, which are sorted. The array is read in chunks.
fn each_chunk<E: layercake::Scalar>(
    array: &Rows,
    rows: &[usize],
    mut work: impl FnMut(usize, Vec<E>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let width: usize = array.row().iter().product();
    for chunk in rows.chunk_by(|a, b| a / CHUNK == b / CHUNK) {
        let (first, last) = (chunk[0], chunk[chunk.len() - 1]);
        let numbers = array.read(first, last + 1 - first)?.to_vec::<E>();
        chunk.iter().try_for_each(|&row| work(row, numbers[(row - first) * width..][..width].to_vec()))?;
    }
    Ok(())
}

/// How rows become inputs, and the sizes of an input.
fn layout(inputs: &Rows, input: Option<&[usize]>) -> Result<(Layout, Vec<usize>), DataError> {
    let row = inputs.row();
    let len = row.iter().product::<usize>();
    if len == 0 {
        return Err(inputs.wrong("expected rows of at least one number".to_owned(), shown(inputs.shape())));
    }
    let Some(input) = input else { return Ok((Layout::Same, vec![len])) };
    let same = row == input || (input.len() == 1 && input[0] == len) || (input.first() == Some(&1) && row == &input[1..]);
    let last = matches!((row, input), (&[h, w, c], &[channels, height, width]) if [c, h, w] == [channels, height, width]);
    match (same || (row.is_empty() && input == [1]), last) {
        (true, _) => Ok((Layout::Same, input.to_vec())),
        (false, true) => Ok((Layout::ChannelsLast, input.to_vec())),
        (false, false) => {
            let expected = format!("expected rows of {}, which the network takes", shown(input));
            Err(inputs.wrong(expected, format!("rows of {}", shown(row))))
        }
    }
}

/// What is to be predicted, and the values of classes.
fn goal(targets: &Rows, task: Option<TableTask>) -> Result<(Goal, Vec<i64>), DataError> {
    let row = targets.row();
    if row.len() > 1 || row == [0] {
        return Err(targets.wrong("expected the shape [rows] or [rows, targets]".to_owned(), shown(targets.shape())));
    }
    let width: usize = row.iter().product();
    let name = targets.stem();
    let numbered =
        || -> Vec<String> { if width == 1 { vec![name.to_owned()] } else { (0..width).map(|i| format!("{name}_{i}")).collect() } };
    let whole = !targets.number_type().is_float();
    let task = match task {
        Some(task) => task,
        None if !whole => TableTask::Regression,
        None if width == 1 => TableTask::Classification,
        None if all_binary(targets)? => TableTask::Labels,
        None => TableTask::Regression,
    };
    match task {
        TableTask::Regression => {
            Ok((Goal::Numbers(numbered().into_iter().map(|name| NumberTarget { name, mean: 0.0, std: 1.0 }).collect()), Vec::new()))
        }
        TableTask::Labels => Ok((Goal::Labels(numbered()), Vec::new())),
        TableTask::Classification if width != 1 => {
            let expected = "expected the shape [rows], a class for each row".to_owned();
            Err(targets.wrong(expected, format!("{}; of one-hot rows take `y.argmax(1)`", shown(targets.shape()))))
        }
        TableTask::Classification => {
            let values = values(targets)?;
            Ok((Goal::Classes(values.iter().map(i64::to_string).collect()), values))
        }
    }
}

fn all_binary(targets: &Rows) -> Result<bool, DataError> {
    let (mut all, rows) = (true, (0..targets.len()).collect::<Vec<_>>());
    each_chunk(targets, &rows, |_, numbers: Vec<f64>| {
        all &= numbers.iter().all(|number| [0.0, 1.0].contains(number));
        Ok(())
    })?;
    Ok(all)
}

/// The different values of classes, in order.
fn values(targets: &Rows) -> Result<Vec<i64>, DataError> {
    let (mut values, rows) = (BTreeSet::new(), (0..targets.len()).collect::<Vec<_>>());
    each_chunk(targets, &rows, |row, numbers: Vec<f64>| {
        let number = numbers[0];
        // Above this, not all integers are floats of 64 bits.
        if number.fract() != 0.0 || number.abs() >= (1u64 << 53) as f64 {
            return Err(targets.wrong(format!("expected a whole number, a class, in row {row}, counted from 0"), number.to_string()));
        }
        values.insert(number as i64);
        if values.len() > MOST_CLASSES {
            let found = "more; to predict numbers, say --task regression".to_owned();
            return Err(targets.wrong(format!("expected at most {MOST_CLASSES} classes"), found));
        }
        Ok(())
    })?;
    if values.len() < 2 {
        return Err(targets.wrong("expected at least two classes".to_owned(), sizes(&[values.len()])));
    }
    Ok(values.into_iter().collect())
}
