//! Tables in CSV files.

mod classes;
mod decimal;
mod lines;
mod read;

use std::path::Path;

use super::text_file;
use crate::data::array::Array;
use crate::data::{Collate, Column, DataError, Dataset};
use read::{Known, parse};

/// Maximum file size in bytes.
const LIMIT: u64 = 1 << 31;

/// A labeled table in memory: rows of numbers with a class each.
///
/// For words, missing values and numbers to predict see [`tables`](crate::tables).
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    numbers: Vec<f32>,
    labels: Vec<usize>,
    classes: Vec<String>,
    /// The layout that other parts must have too.
    known: Known,
}

/// The column of the classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The last column.
    #[default]
    Last,
    /// The column with this name in the header. Without header, columns are named by their numbers, counted from 1.
    Named(String),
}

/// Whether the first line is a header of column names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// It is a header, even if all names are numbers.
    Yes,
    /// It is a data row.
    No,
    /// Detect a header, by all fields except the last one, which may be a class. The line is a header if none of them is a number. It is a row if all
    /// are numbers, unless its class is text while all other classes are numbers, or vice versa. If only some are numbers, or for `0,1,2,3` and
    /// so on, detection fails: specify `Yes` or `No`.
    ///
    /// With [`Target::Named`], the line is a header unless all its fields are numbers.
    #[default]
    Auto,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The numbers.
    pub features: Vec<f32>,
    /// The index of its class.
    pub label: usize,
}

/// A batch of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct RowBatch {
    /// `[batch, columns]`
    pub features: Array<f32>,
    /// `[batch]`
    pub labels: Vec<usize>,
}

impl Table {
    /// Reads a UTF-8 CSV file, gzipped or not: numbers separated by commas, and a column of classes, which may be text. The classes are the distinct
    /// values, sorted. If all are numbers, they are compared as numbers, so that `1`, `1.0` and `01` are one class. A header is detected as by
    /// [`Header::Auto`].
    ///
    /// Read the test part with [`Table::read_like`], so that the labels mean the same.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, the number of fields differs between rows, a field is not a finite number, a class is missing, a quote is not closed
    /// on its line, there are no rows, or the target column does not exist. Errors name rows by line number, counted from 1.
    pub fn read(path: &Path, target: &Target) -> Result<Self, DataError> {
        Self::read_with(path, target, Header::Auto)
    }

    /// [`Table::read`] with an explicit header option.
    ///
    /// # Errors
    /// The same as [`Table::read`].
    pub fn read_with(path: &Path, target: &Target, header: Header) -> Result<Self, DataError> {
        parse(path, text_file::read(path, LIMIT)?, target, header, None)
    }

    /// Reads another part of a data set, with the columns and classes of the training part.
    ///
    /// # Errors
    /// The same as [`Table::read`]; also if the columns differ, or a class does not occur in `train`.
    pub fn read_like(path: &Path, train: &Self) -> Result<Self, DataError> {
        let Known { target, header } = &train.known;
        parse(path, text_file::read(path, LIMIT)?, target, *header, Some(train))
    }

    /// The names of the feature columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The label of each row.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }
}

impl Dataset for Table {
    type Item = Row;

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn get(&self, index: usize) -> Result<Row, DataError> {
        let width = self.columns.len();
        Ok(Row { features: self.numbers[index * width..][..width].to_vec(), label: self.labels[index] })
    }
}

impl Collate for Row {
    type Batch = RowBatch;

    fn collate(items: Vec<Self>) -> Result<RowBatch, DataError> {
        let labels = items.iter().map(|item| item.label).collect();
        let features = Array::stack("rows", items.into_iter().map(|item| (vec![item.features.len()], item.features)))?;
        Ok(RowBatch { features, labels })
    }

    fn columns(RowBatch { features, labels }: &mut RowBatch) -> Option<Vec<Column<'_>>> {
        Some(vec![Column::Numbers(features), Column::Classes(labels)])
    }
}
