//! The CSV parser.

use std::borrow::Cow;
use std::path::Path;

use super::classes::{Classes, classes, is_number, known};
use super::lines::{lines, split};
use super::{Header, Table, Target};
use crate::data::DataError;
use crate::data::error::listed;

/// The layout of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The column of the classes.
    pub target: Target,
    /// Whether there is a header; not `Auto` after parsing.
    pub header: Header,
}

/// An error: what was expected, and what was found.
type Fault = (String, String);

/// Parses the bytes of a file, with the columns and classes of `train` if given.
pub(super) fn parse(path: &Path, bytes: Vec<u8>, target: &Target, header: Header, train: Option<&Table>) -> Result<Table, DataError> {
    let wrong = |(expected, found)| DataError::Content { path: path.to_owned(), expected, found };
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let row = 1 + error.as_bytes()[..good].iter().filter(|&&byte| byte == b'\n').count();
        wrong((format!("expected fields of text in row {row}"), "bytes that are not UTF-8".to_owned()))
    })?;
    table(&text, target, header, train).map_err(wrong)
}

fn table(text: &str, target: &Target, header: Header, train: Option<&Table>) -> Result<Table, Fault> {
    let nothing = || ("expected rows of numbers".to_owned(), "none".to_owned());
    let (first_row, line) = lines(text).next().ok_or_else(nothing)?;
    let mut fields = Vec::new();
    split_row(first_row, line, &mut fields)?;
    let (first, width, count) = (fields.clone(), fields.len(), lines(text).count());
    let layout = Layout::of(&first, target, header).map_err(|(expected, found)| (format!("{expected} in row {first_row}"), found))?;
    let too_few = || ("expected rows of at least one number and a class".to_owned(), format!("{count} rows of {width} fields"));
    if width < 2 || count == usize::from(layout.header == Header::Yes) {
        return Err(too_few());
    }

    // The exact capacity: a growing vector would allocate up to twice as much. Each field takes at least a comma, which bounds the number.
    let mut numbers = Vec::with_capacity((width - 1).saturating_mul(count).min(text.len()));
    let mut labels = Vec::with_capacity(count);
    for (row, line) in lines(text).skip(usize::from(layout.header == Header::Yes)) {
        split_row(row, line, &mut fields)?;
        if fields.len() != width {
            return Err((format!("expected {width} fields in row {row}"), fields.len().to_string()));
        }
        for (column, field) in fields.drain(..).enumerate() {
            let expected = |what: &str| (format!("expected {what} in row {row}, column {}", column + 1), shown(&field));
            if column != layout.column {
                numbers.push(field.parse::<f32>().ok().filter(|number| number.is_finite()).ok_or_else(|| expected("a number"))?);
            } else if field.is_empty() {
                return Err(expected("a class"));
            } else {
                labels.push(field);
            }
        }
    }
    let header = layout.decided(&first, &labels).map_err(|(expected, found)| (format!("{expected} in row {first_row}"), found))?;
    if header == Header::Yes && layout.header != Header::Yes {
        numbers.drain(..width - 1);
        labels.remove(0);
    }

    let names: Vec<String> = match header {
        Header::Yes => first.iter().map(|name| name.clone().into_owned()).collect(),
        _ => (1..=width).map(|column| column.to_string()).collect(),
    };
    let columns: Vec<String> = names.into_iter().enumerate().filter(|(column, _)| *column != layout.column).map(|(_, name)| name).collect();
    // The row number of a label, for messages.
    let row = |at: usize| lines(text).nth(at + usize::from(header == Header::Yes)).map_or(0, |(row, _)| row);
    let place = |at: usize| format!("in row {}, column {}", row(at), layout.column + 1);
    let Classes { labels, names: classes } = match train {
        Some(train) if train.columns != columns => {
            return Err((format!("expected the columns {} of the training part", listed(&train.columns)), listed(&columns)));
        }
        Some(train) => {
            let unknown = |at: usize| {
                (format!("expected a class of the training part ({}) {}", listed(&train.classes), place(at)), shown(&labels[at]))
            };
            Classes { labels: known(&labels, &train.classes).map_err(unknown)?, names: train.classes.clone() }
        }
        None => classes(&labels)
            .map_err(|at| (format!("expected a finite number {}, since all classes are numbers", place(at)), shown(&labels[at])))?,
    };
    Ok(Table { columns, numbers, labels, classes, known: Known { target: target.clone(), header } })
}

fn split_row<'a>(row: usize, line: &'a str, fields: &mut Vec<Cow<'a, str>>) -> Result<(), Fault> {
    split(line, fields)
        .map_err(|fault| (format!("expected {} in row {row}, column {}", fault.expected, fault.column + 1), fault.found.to_owned()))
}

/// What the first line tells about the layout.
struct Layout {
    /// The column of classes.
    column: usize,
    /// `Auto` if the line looks like a row, which the classes of the other rows can still contradict.
    header: Header,
}

impl Layout {
    fn of(first: &[Cow<'_, str>], target: &Target, header: Header) -> Result<Self, Fault> {
        let last = first.len() - 1;
        let name = match target {
            Target::Last if header == Header::Auto => return Ok(Self { column: last, header: looks(&first[..last])? }),
            Target::Last => return Ok(Self { column: last, header }),
            Target::Named(name) => name,
        };
        let missing = |names: &[Cow<'_, str>]| (format!("expected a column named `{name}`"), listed(names));
        let numbered = || name.parse().ok().filter(|number| (1..=first.len()).contains(number)).map(|number: usize| number - 1);
        if header == Header::No || (header == Header::Auto && first.iter().all(|field| is_number(field))) {
            let numbers: Vec<_> = (1..=first.len()).map(|number| Cow::Owned(number.to_string())).collect();
            return Ok(Self { column: numbered().ok_or_else(|| missing(&numbers))?, header: Header::No });
        }
        let mut found = first.iter().enumerate().filter(|(_, field)| *field == name).map(|(column, _)| column);
        match (found.next(), found.next()) {
            (None, _) => Err(missing(first)),
            (Some(column), None) => Ok(Self { column, header: Header::Yes }),
            (Some(_), Some(_)) => Err((format!("expected one column named `{name}`"), "several".to_owned())),
        }
    }

    /// Decides whether the first line is a header, given all labels, including its own.
    fn decided(&self, first: &[Cow<'_, str>], labels: &[Cow<'_, str>]) -> Result<Header, Fault> {
        if self.header != Header::Auto {
            return Ok(self.header);
        }
        let kind = is_number(&labels[0]);
        if labels.len() >= 3 && labels[1..].iter().all(|label| is_number(label) != kind) {
            return Ok(Header::Yes);
        }
        // The default column names of pandas.
        if first.len() >= 4 && first.iter().enumerate().all(|(column, field)| *field == column.to_string()) {
            return Err((
                "expected an explicit `Header::Yes` or `Header::No`, since the fields may be names or numbers".to_owned(),
                listed(first),
            ));
        }
        Ok(Header::No)
    }
}

/// Detects a header by the fields that are not the class.
fn looks(fields: &[Cow<'_, str>]) -> Result<Header, Fault> {
    match fields.iter().filter(|field| is_number(field)).count() {
        0 => Ok(Header::Yes),
        numbers if numbers == fields.len() => Ok(Header::Auto),
        _ => Err(("expected either names or numbers (use `Header::Yes` if they are names)".to_owned(), listed(fields))),
    }
}

/// The beginning of a field, for messages.
fn shown(field: &str) -> String {
    const SHOWN: usize = 40;
    match field.chars().count() {
        0 => "nothing".to_owned(),
        count if count > SHOWN => format!("`{}..`", field.chars().take(SHOWN).collect::<String>()),
        _ => format!("`{field}`"),
    }
}
