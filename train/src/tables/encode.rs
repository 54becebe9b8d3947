//! From the cells of a table to the inputs and targets of a network.

use super::frame::Frame;
use super::learn::suggestion;
use super::schema::{Column, ColumnKind, Schema};
use super::value::{is_missing, number, word};
use crate::Goal;
use crate::data::{Array, DataError, Sample, Samples, Target, listed};

impl Schema {
    /// The label of each row, for a split that keeps the shares of the classes; 0 for all rows without classes.
    ///
    /// # Errors
    /// Returns an error if a class is missing or is none of the training data.
    pub fn labels(&self, frame: &Frame) -> Result<Vec<usize>, DataError> {
        if !matches!(self.goal, Goal::Classes(_)) {
            return Ok(vec![0; frame.rows()]);
        }
        let columns = self.target_columns(frame)?;
        let label = |row| match self.target(frame, &columns, row)? {
            Target::Class(class) => Ok(class),
            _ => Ok(0),
        };
        (0..frame.rows()).map(label).collect()
    }

    /// The group of each row, if the data have groups, as numbers from 0.
    ///
    /// # Errors
    /// Returns an error if the column is missing, or a row has no group.
    pub fn groups(&self, frame: &Frame) -> Result<Option<Vec<usize>>, DataError> {
        self.group.as_ref().map(|name| frame.groups(name)).transpose()
    }

    /// Rows as samples with inputs `[width]` and their targets.
    ///
    /// # Errors
    /// Returns an error if a column is missing, a number is a word, a word is unknown, or a target is missing or unknown. Errors name row and column.
    pub fn samples(&self, frame: &Frame, rows: &[usize]) -> Result<Samples, DataError> {
        let (inputs, targets) = (self.input_columns(frame)?, self.target_columns(frame)?);
        let sample = |&row: &usize| {
            let input = self.input(frame, &inputs, row)?;
            Ok(Sample { shape: vec![input.len()], input, target: self.target(frame, &targets, row)? })
        };
        rows.iter().map(sample).collect::<Result<_, DataError>>().map(Samples)
    }

    /// The inputs `[rows, width]` of all rows. The targets need not be there.
    ///
    /// # Errors
    /// The same as [`Schema::samples`], but for the targets.
    pub fn inputs(&self, frame: &Frame) -> Result<Array<f32>, DataError> {
        let columns = self.input_columns(frame)?;
        let mut numbers = Vec::with_capacity(frame.rows() * self.width());
        for row in 0..frame.rows() {
            numbers.extend(self.input(frame, &columns, row)?);
        }
        Ok(Array::new(vec![frame.rows(), self.width()], numbers))
    }

    /// What is unusual in a table that was not trained on: columns that training did not have, and missing values in columns that had none.
    pub fn warnings(&self, frame: &Frame) -> Vec<String> {
        let path = frame.path().display();
        let known = |name: &&String| {
            self.inputs.iter().any(|input| input.name == **name) || self.targets.contains(name) || self.unused.contains(name)
        };
        let new: Vec<&String> = frame.columns().iter().filter(|name| !known(name)).collect();
        let mut warnings = Vec::new();
        if !new.is_empty() {
            warnings.push(format!("{path}: not used, since the training data did not have it: {}", listed(&new)));
        }
        for input in self.inputs.iter().filter(|input| !input.missing) {
            let Ok(column) = frame.column(&input.name) else { continue };
            let mut missing = (0..frame.rows()).filter(|&row| is_missing(frame.cell(row, column)));
            if let Some(first) = missing.next() {
                let (rows, line) = (1 + missing.count(), frame.line(first));
                let instead = if matches!(input.kind, ColumnKind::Number { .. }) { "the mean" } else { "no word" };
                warnings.push(format!(
                    "{path}: column `{}` has no value in {rows} rows, first in row {line}, and had one everywhere in training; {instead} is taken",
                    input.name
                ));
            }
        }
        warnings
    }

    fn input_columns(&self, frame: &Frame) -> Result<Vec<usize>, DataError> {
        self.inputs.iter().map(|input| frame.column(&input.name)).collect()
    }

    fn target_columns(&self, frame: &Frame) -> Result<Vec<usize>, DataError> {
        self.targets.iter().map(|name| frame.column(name)).collect()
    }

    fn input(&self, frame: &Frame, columns: &[usize], row: usize) -> Result<Vec<f32>, DataError> {
        let mut numbers = Vec::with_capacity(self.width());
        for (input, &column) in self.inputs.iter().zip(columns) {
            push(input, frame, row, column, &mut numbers)?;
        }
        Ok(numbers)
    }

    fn target(&self, frame: &Frame, columns: &[usize], row: usize) -> Result<Target, DataError> {
        if let Some(&column) = columns.iter().find(|&&column| is_missing(frame.cell(row, column))) {
            return Err(frame.wrong_cell(row, column, "expected a value to compare with", "; leave such rows out"));
        }
        let number_at = |column: usize| {
            number(frame.cell(row, column)).ok_or_else(|| frame.wrong_cell(row, column, "expected a number", "; correct it"))
        };
        match &self.goal {
            Goal::Classes(names) => {
                let class = word(frame.cell(row, columns[0]));
                let unknown = || {
                    let expected = format!("expected a class of the training data ({})", listed(names));
                    frame.wrong_cell(row, columns[0], &expected, &suggestion(&class, names))
                };
                names.iter().position(|name| *name == class).map(Target::Class).ok_or_else(unknown)
            }
            Goal::Numbers(targets) => {
                let each = targets.iter().zip(columns).map(|(target, &column)| Ok(target.standardized(number_at(column)?)));
                each.collect::<Result<_, DataError>>().map(Target::Numbers)
            }
            Goal::Labels(_) => {
                let each = columns.iter().map(|&column| match number_at(column)? {
                    0.0 => Ok(false),
                    1.0 => Ok(true),
                    _ => Err(frame.wrong_cell(row, column, "expected 0 or 1", "")),
                });
                each.collect::<Result<_, DataError>>().map(Target::Labels)
            }
        }
    }
}

/// Appends the inputs of a cell.
fn push(input: &Column, frame: &Frame, row: usize, column: usize, into: &mut Vec<f32>) -> Result<(), DataError> {
    let cell = frame.cell(row, column);
    let missing = is_missing(cell);
    match &input.kind {
        ColumnKind::Number { mean, std } if !missing => {
            let number = number(cell)
                .ok_or_else(|| frame.wrong_cell(row, column, "expected a number, as in training", "; correct it, or leave it empty"))?;
            into.push(((number - mean) / std) as f32);
        }
        ColumnKind::Number { .. } => into.push(0.0),
        ColumnKind::Words(words) => {
            let word = word(cell);
            if !missing && !words.iter().any(|known| *known == word) {
                let expected = format!("expected a word of the training data ({})", listed(words));
                let near = suggestion(&word, words);
                let remedy = if near.is_empty() { "; correct it, or leave it empty".to_owned() } else { near };
                return Err(frame.wrong_cell(row, column, &expected, &remedy));
            }
            into.extend(words.iter().map(|known| f32::from(u8::from(!missing && *known == word))));
        }
    }
    if input.missing {
        into.push(f32::from(u8::from(missing)));
    }
    Ok(())
}
