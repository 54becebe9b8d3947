//! Tables in CSV files.

use std::path::Path;

use super::gzip::Unpacked;
use crate::data::array::Array;
use crate::data::{Collate, DataError, Dataset};

/// A file of more than this is not read into memory.
const LIMIT: u64 = 1 << 31;

/// Rows of numbers with a class each, in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    numbers: Vec<f32>,
    labels: Vec<usize>,
    classes: Vec<String>,
}

/// Which column says the class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The last one.
    #[default]
    Last,
    /// The one of this name in the first line.
    Named(String),
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
    /// Reads a CSV file, gzipped or not: numbers separated by commas, and a column of classes, which may be words. A first line that holds
    /// no number but in the target column is a line of names. The classes are those that occur, sorted: as numbers if all are, else as words.
    ///
    /// # Errors
    /// If the file cannot be read, a row has more or fewer fields than the first, a field is no finite number, there is no row, or no
    /// column of that name. Rows are counted from 1, with the line of names.
    pub fn read(path: &Path, target: &Target) -> Result<Self, DataError> {
        let bytes = Unpacked::open(path)?.take(LIMIT + 1)?;
        let wrong = |expected: String, found: String| DataError::Content { path: path.to_owned(), expected, found };
        if bytes.len() as u64 > LIMIT {
            return Err(wrong(format!("expected at most {LIMIT} bytes"), "more".to_owned()));
        }
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(&bytes[..]);
        let mut rows = Vec::new();
        for (i, row) in reader.records().enumerate() {
            rows.push(row.map_err(|error| wrong(format!("expected fields of text in row {}", i + 1), error.to_string()))?);
        }
        let Some(first) = rows.first() else { return Err(wrong("expected rows of numbers".to_owned(), "none".to_owned())) };
        let width = first.len();
        let named = !first.iter().any(|field| field.parse::<f32>().is_ok());
        let names: Vec<String> =
            if named { first.iter().map(str::to_owned).collect() } else { (1..=width).map(|i| i.to_string()).collect() };
        let target = match target {
            Target::Last => width - 1,
            Target::Named(name) => names
                .iter()
                .position(|known| known == name)
                .ok_or_else(|| wrong(format!("expected a column named `{name}` in row 1"), format!("`{}`", names.join("`, `"))))?,
        };
        if width < 2 || rows.len() == usize::from(named) {
            return Err(wrong(
                "expected rows of at least one number and a class".to_owned(),
                format!("{} rows of {width} fields", rows.len()),
            ));
        }
        let (mut numbers, mut words) = (Vec::new(), Vec::new());
        for (i, row) in rows.iter().enumerate().skip(usize::from(named)) {
            if row.len() != width {
                return Err(wrong(format!("expected {width} fields in row {}", i + 1), row.len().to_string()));
            }
            for (column, field) in row.iter().enumerate() {
                if column == target {
                    words.push(field.to_owned());
                    continue;
                }
                let number = field.parse::<f32>().ok().filter(|number| number.is_finite());
                numbers.push(number.ok_or_else(|| {
                    wrong(format!("expected a number in row {}, column {}", i + 1, column + 1), format!("`{}`", short(field)))
                })?);
            }
        }
        let classes = sorted(&words);
        let labels = words.iter().filter_map(|word| classes.iter().position(|class| class == word)).collect();
        let columns = names.into_iter().enumerate().filter(|(i, _)| *i != target).map(|(_, name)| name).collect();
        Ok(Self { columns, numbers, labels, classes })
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

/// Each word once, in order.
fn sorted(words: &[String]) -> Vec<String> {
    let mut classes: Vec<String> = words.to_vec();
    classes.sort();
    classes.dedup();
    let number = |word: &String| word.parse::<f64>().ok().filter(|number| number.is_finite());
    if classes.iter().all(|word| number(word).is_some()) {
        classes.sort_by(|a, b| number(a).partial_cmp(&number(b)).unwrap_or(std::cmp::Ordering::Equal));
    }
    classes
}

/// The beginning of a field, for a message.
fn short(field: &str) -> String {
    const SHOWN: usize = 40;
    if field.chars().count() > SHOWN { field.chars().take(SHOWN).chain("..".chars()).collect() } else { field.to_owned() }
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
