//! Rows of numbers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use layercake::io::{self, NpyFile, NumberType};

use crate::data::{Array, DataError};

/// Rows of numbers along the first axis of an array: in memory, or in a `.npy` file.
#[derive(Clone, Debug)]
pub struct Rows {
    name: String,
    path: PathBuf,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Memory(Arc<io::Array>),
    File(Arc<NpyFile>),
}

impl Rows {
    /// An array in memory. The path and the name are for messages.
    pub fn new(path: &Path, name: &str, array: io::Array) -> Self {
        Self { name: name.to_owned(), path: path.to_owned(), source: Source::Memory(Arc::new(array)) }
    }

    /// Numbers in memory.
    ///
    /// # Panics
    /// Panics if there are no axes.
    pub fn of(name: &str, array: &Array<f32>) -> Self {
        let array = io::Array::new(array.shape(), array.as_slice()).expect("an array has as many numbers as its shape says");
        assert!(!array.shape().is_empty(), "an array with rows");
        Self::new(Path::new("data"), name, array)
    }

    /// An array in a `.npy` file; it is named after the file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or is not complete.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let file = NpyFile::open(path)?;
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Ok(Self { name, path: path.to_owned(), source: Source::File(Arc::new(file)) })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name without `_train`.
    pub fn stem(&self) -> &str {
        self.name.strip_suffix("_train").unwrap_or(&self.name)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The sizes of its axes.
    pub fn shape(&self) -> &[usize] {
        match &self.source {
            Source::Memory(array) => array.shape(),
            Source::File(file) => file.shape(),
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.shape().first().copied().unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sizes of a row.
    pub fn row(&self) -> &[usize] {
        self.shape().get(1..).unwrap_or_default()
    }

    /// The type of its numbers.
    pub fn number_type(&self) -> NumberType {
        match &self.source {
            Source::Memory(array) => array.number_type(),
            Source::File(file) => file.number_type(),
        }
    }

    /// Reads `count` rows from `first` on.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read any more.
    ///
    /// # Panics
    /// Panics if there are no such rows.
    pub fn read(&self, first: usize, count: usize) -> Result<io::Array, DataError> {
        match &self.source {
            Source::Memory(array) => Ok(array.rows(first, count)),
            Source::File(file) => Ok(file.rows(first, count)?),
        }
    }

    /// `` `x` `` of the file, for messages: its rows are counted from 0, as NumPy does.
    pub(super) fn wrong(&self, expected: String, found: String) -> DataError {
        DataError::Content { path: self.path.clone(), expected: format!("array `{}`: {expected}", self.name), found }
    }
}

/// `[60000, 28, 28]`
pub(super) fn shown(shape: &[usize]) -> String {
    format!("[{}]", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", "))
}
