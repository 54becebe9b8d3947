//! Tables in CSV files.

mod classes;
mod decimal;
mod lines;
mod read;

use std::path::Path;

use super::text_file;
use crate::data::array::Array;
use crate::data::{Collate, DataError, Dataset};
use read::{Known, parse};

/// A file of more than this is not read into memory.
const LIMIT: u64 = 1 << 31;

/// Rows of numbers with a class each, in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    numbers: Vec<f32>,
    labels: Vec<usize>,
    classes: Vec<String>,
    /// What another file must have in common with this one.
    known: Known,
}

/// Which column says the class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The last one.
    #[default]
    Last,
    /// The one of this name in the first line. Where that holds no names, columns are named by their numbers, from 1 on.
    Named(String),
}

/// Is the first line one of names?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// It is, even if all names are numbers.
    Yes,
    /// It is a row like any other.
    No,
    /// As it looks, its last field aside, which may be a class. It is one of names if none of the others is a number, and a row if all are, unless its
    /// class is a word where those of all rows are numbers, or the other way round. Where some are numbers and some are not, and at `0,1,2,3`
    /// and so on, which may be both, `Yes` or `No` must be said.
    ///
    /// Where the class is looked for by name, a line is one of names unless all of it are numbers.
    #[default]
    Auto,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its numbers.
    pub features: Vec<f32>,
    /// The position of its class.
    pub label: usize,
}

/// Some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct RowBatch {
    /// `[batch, columns]`
    pub features: Array<f32>,
    /// `[batch]`
    pub labels: Vec<usize>,
}

impl Table {
    /// Reads a CSV file in UTF-8, gzipped or not: a row a line, of numbers separated by commas and a column of classes, which may be words. The
    /// classes are those that occur, sorted. If all are numbers they are compared as numbers, so that `1`, `1.0` and `01` are one class; else as
    /// words. A first line of names is recognized: [`Header::Auto`].
    ///
    /// Another part of the set, such as the one for testing, is read by [`Table::read_like`], so that its labels mean the same.
    ///
    /// # Errors
    /// If the file cannot be read, a row has more or fewer fields than the first, a field is no finite number, a class is missing, a quote is not
    /// closed on its line, there is no row, or no column of that name. Rows are counted as lines are, from 1.
    pub fn read(path: &Path, target: &Target) -> Result<Self, DataError> {
        Self::read_with(path, target, Header::Auto)
    }

    /// The same of a file of which it is known whether its first line is one of names.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn read_with(path: &Path, target: &Target, header: Header) -> Result<Self, DataError> {
        parse(path, text_file::read(path, LIMIT)?, target, header, None)
    }

    /// Another part of a set: its classes are those of the table that is trained on, and so must its columns be.
    ///
    /// # Errors
    /// As [`Table::read`], and if the columns are others, or a row has a class that `train` does not have.
    pub fn read_like(path: &Path, train: &Self) -> Result<Self, DataError> {
        let Known { target, header } = &train.known;
        parse(path, text_file::read(path, LIMIT)?, target, *header, Some(train))
    }

    /// The names of the columns of numbers.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The class of each row.
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
}
