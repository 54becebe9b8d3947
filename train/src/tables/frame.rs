//! The cells of a CSV file, as they are written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::nearest;
use super::value::{is_missing, word};
use crate::data::{DataError, listed, read_text};

/// Maximum file size in bytes; positions in it are kept in 32 bits.
const LIMIT: u64 = 1 << 31;
/// What may separate the fields; the one that the first line has most of does.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// A CSV file in memory: names of columns, and rows of cells that are not interpreted yet.
///
/// The first line has the names. Fields are separated by commas, semicolons or tabs, whichever the first line has most of, and may be quoted. Spaces around a field do
/// not count. Empty lines are skipped.
///
/// The memory is at most 20 times the size of the file, which is at most 2 GiB. The samples of a [`Schema`](super::Schema) take 4 bytes for each input and row: up to 400
/// bytes for a cell of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    path: PathBuf,
    columns: Vec<String>,
    /// All cells one after another, and where each ends.
    text: String,
    ends: Vec<u32>,
    /// The line of each row.
    lines: Vec<u32>,
}

impl Frame {
    /// Reads a UTF-8 file, gzipped or not.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, has no names of columns, two columns of one name or no rows, if a row has more or fewer fields than there
    /// are columns, or if it is not UTF-8. Errors name rows by the line they begin on, counted from 1.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        Self::parse(path, &read_text(path, LIMIT)?)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, DataError> {
        let wrong = |expected: String, found: String| DataError::Content { path: path.to_owned(), expected, found };
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator(bytes)).trim(csv::Trim::All).from_reader(bytes);
        let mut record = csv::ByteRecord::new();
        let mut frame = Self { path: path.to_owned(), columns: Vec::new(), text: String::new(), ends: Vec::new(), lines: Vec::new() };
        while reader.read_byte_record(&mut record).map_err(|error| wrong("expected CSV".to_owned(), error.to_string()))? {
            let row = record.position().map_or(0, |start| line(bytes, start));
            let mut fields = Vec::with_capacity(record.len());
            for (column, field) in record.iter().enumerate() {
                let text = std::str::from_utf8(field);
                fields.push(
                    text.map_err(|_| {
                        wrong(format!("expected text in UTF-8 in row {row}, column {}", column + 1), "other bytes".to_owned())
                    })?,
                );
            }
            if frame.columns.is_empty() {
                frame.columns = names(&fields).map_err(|(expected, found)| wrong(format!("{expected} in row {row}"), found))?;
                continue;
            }
            if fields.len() != frame.columns.len() {
                let open =
                    if fields.iter().any(|field| field.contains('\n')) { ", one with a line break: is a quote not closed?" } else { "" };
                return Err(wrong(format!("expected {} fields in row {row}", frame.columns.len()), format!("{}{open}", fields.len())));
            }
            for field in fields {
                frame.text.push_str(field);
                frame.ends.push(frame.text.len() as u32);
            }
            frame.lines.push(row as u32);
        }
        if frame.lines.is_empty() {
            let found = if frame.columns.is_empty() { "an empty file" } else { "no rows below the names" };
            return Err(wrong("expected a line of column names and rows below it".to_owned(), found.to_owned()));
        }
        Ok(frame)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of rows, without the names.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// The names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The position of a column.
    ///
    /// # Errors
    /// Returns an error with the nearest name if there is no such column.
    pub fn column(&self, name: &str) -> Result<usize, DataError> {
        self.columns.iter().position(|column| column == name).ok_or_else(|| {
            let expected = format!("expected a column `{name}`");
            let near = nearest(name, &self.columns).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            self.wrong(expected, format!("{}{near}", listed(&self.columns)))
        })
    }

    /// A cell.
    ///
    /// # Panics
    /// Panics if there is no such row or column.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        assert!(column < self.columns.len(), "column {column} of {}", self.columns.len());
        let at = row * self.columns.len() + column;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[start as usize..self.ends[at] as usize]
    }

    /// The line on which a row begins, counted from 1.
    ///
    /// # Panics
    /// Panics if there is no such row.
    pub fn line(&self, row: usize) -> u64 {
        self.lines[row].into()
    }

    /// The group of each row, by the words of a column, as numbers from 0.
    ///
    /// # Errors
    /// Returns an error if the column is missing, or a row has no group.
    pub fn groups(&self, name: &str) -> Result<Vec<usize>, DataError> {
        let column = self.column(name)?;
        let mut known = HashMap::new();
        let group = |row| {
            if is_missing(self.cell(row, column)) {
                return Err(self.wrong_cell(row, column, "expected the group of the row", "; leave such rows out"));
            }
            let next = known.len();
            Ok(*known.entry(word(self.cell(row, column))).or_insert(next))
        };
        (0..self.rows()).map(group).collect()
    }

    /// An error about the file.
    pub(crate) fn wrong(&self, expected: String, found: String) -> DataError {
        DataError::Content { path: self.path.clone(), expected, found }
    }

    /// An error about a cell; `remedy` begins with a semicolon if it is not empty.
    pub(super) fn wrong_cell(&self, row: usize, column: usize, expected: &str, remedy: &str) -> DataError {
        let place = format!("{expected} in row {}, column `{}`", self.line(row), self.columns[column]);
        self.wrong(place, format!("{}{remedy}", shown(self.cell(row, column))))
    }
}

/// The line on which a record begins. The reader's position is that of the empty lines before it.
fn line(bytes: &[u8], start: &csv::Position) -> u64 {
    let ahead = bytes.iter().skip(start.byte() as usize).take_while(|byte| matches!(byte, b'\n' | b'\r'));
    start.line() + ahead.filter(|&&byte| byte == b'\n').count() as u64
}

/// The separator that the first line has most of; of equals the first.
fn separator(bytes: &[u8]) -> u8 {
    let first = bytes.split(|&byte| byte == b'\n' || byte == b'\r').find(|line| !line.is_empty()).unwrap_or_default();
    let count = |separator: u8| first.iter().filter(|&&byte| byte == separator).count();
    SEPARATORS.into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}

/// Checks the names of the columns.
fn names(fields: &[&str]) -> Result<Vec<String>, (String, String)> {
    if fields.iter().all(|field| super::value::number(field).is_some()) {
        let expected = "expected the names of the columns".to_owned();
        return Err((expected, format!("numbers, {}; write a line of names above them", listed(fields))));
    }
    for (column, field) in fields.iter().enumerate() {
        if field.is_empty() {
            return Err((format!("expected a name of column {}", column + 1), "nothing".to_owned()));
        }
        if let Some(first) = fields[..column].iter().position(|other| other == field) {
            return Err((
                "expected a name of its own for each column".to_owned(),
                format!("`{field}` in columns {} and {}", first + 1, column + 1),
            ));
        }
    }
    Ok(fields.iter().map(|&field| field.to_owned()).collect())
}

/// The beginning of a cell, for messages.
pub(super) fn shown(cell: &str) -> String {
    const SHOWN: usize = 40;
    match cell.chars().count() {
        0 => "nothing".to_owned(),
        count if count > SHOWN => format!("`{}..`", cell.chars().take(SHOWN).collect::<String>()),
        _ => format!("`{cell}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Frame, String> {
        Frame::parse(Path::new("t.csv"), text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn cells_and_lines() {
        let frame = parse("a, b ;c,d\n\n1,\" x, y\",3\n\"two\nlines\",,4\n").unwrap();
        assert_eq!((frame.columns(), frame.rows()), (&["a", "b ;c", "d"].map(str::to_owned)[..], 2));
        assert_eq!([0, 1, 2].map(|column| frame.cell(0, column)), ["1", "x, y", "3"]);
        assert_eq!([0, 1, 2].map(|column| frame.cell(1, column)), ["two\nlines", "", "4"]);
        assert_eq!([frame.line(0), frame.line(1)], [3, 4]);
        assert_eq!(parse("a;b,c;d\n1,5;2;3\n").unwrap().cell(0, 0), "1,5");
        assert_eq!(parse("a\tb\r\n1\t2\r\n").unwrap().cell(0, 1), "2");
    }

    #[test]
    fn what_is_no_table() {
        let cases = [
            ("", "expected a line of column names and rows below it, found an empty file"),
            ("a,b\n", "expected a line of column names and rows below it, found no rows below the names"),
            ("1,2\n3,4\n", "expected the names of the columns in row 1, found numbers, `1`, `2`; write a line of names above them"),
            ("a,,c\n1,2,3\n", "expected a name of column 2 in row 1, found nothing"),
            ("a,b,a\n1,2,3\n", "expected a name of its own for each column in row 1, found `a` in columns 1 and 3"),
            ("a,b\n1,2\n\n3\n", "expected 2 fields in row 4, found 1"),
        ];
        for (text, message) in cases {
            assert_eq!(parse(text).unwrap_err(), format!("t.csv: {message}"));
        }
        // A quote that is not closed swallows the rest of the file.
        let message = parse("a,b,c\n1,\"2,3\n4,5,6\n").unwrap_err();
        assert_eq!(message, "t.csv: expected 3 fields in row 2, found 2, one with a line break: is a quote not closed?");
        let message = Frame::parse(Path::new("t.csv"), b"a,b\n1,2\n3,\xff\n").unwrap_err().to_string();
        assert_eq!(message, "t.csv: expected text in UTF-8 in row 3, column 2, found other bytes");
        let message = parse("width,height\n1,2\n").unwrap().column("heigth").unwrap_err().to_string();
        assert_eq!(message, "t.csv: expected a column `heigth`, found `width`, `height`; did you mean `height`?");
    }
}
