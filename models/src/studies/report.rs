//! What a study found: tables, claims and pictures, as JSON and Markdown.

use std::fmt::Write;
use std::path::Path;

use layercake::io::write_atomically;
use layercake_train::TrainError;
use layercake_train::run::Figure;
use serde::{Deserialize, Serialize};

use super::StudyOptions;

/// What a study found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// How it was run, if it was run by the command.
    pub settings: Option<Settings>,
    /// The claims.
    pub claims: Vec<Claim>,
    /// The figures.
    pub tables: Vec<Table>,
    /// The pictures.
    pub pictures: Vec<Picture>,
}

/// How a study was run: a finished one is not run again with the same settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The version of the program.
    pub version: String,
    /// The seed.
    pub seed: u64,
    /// Whether it was run at the small size.
    pub small: bool,
    /// Whether there were files of data; the digits that are built in otherwise.
    pub files: bool,
}

impl Settings {
    /// The settings of a run.
    pub fn of(options: &StudyOptions) -> Self {
        let StudyOptions { seed, small, data_dir } = options;
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), seed: *seed, small: *small, files: data_dir.is_some() }
    }
}

/// What a study is to show, and whether it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The claim.
    pub text: String,
    /// What was found.
    pub found: String,
    /// Whether the claim came out.
    pub holds: bool,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// The names of the columns, with units.
    pub head: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number that is finite.
    Number(f64),
    /// Text.
    Text(String),
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The part of its file name behind that of the study; empty for the only one.
    pub name: String,
    /// What it shows, for those who cannot see it.
    pub caption: String,
    /// The picture itself, which is a file of its own.
    #[serde(skip)]
    pub svg: String,
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Text(number.to_string()) }
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Number(number as f64)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Report {
    /// Adds a claim.
    pub fn claim(&mut self, text: &str, found: impl Into<String>, holds: bool) {
        self.claims.push(Claim { text: text.to_owned(), found: found.into(), holds });
    }

    /// Adds a table. Rows are added with [`Table::row`].
    pub fn table(&mut self, title: &str, head: &[&str]) -> &mut Table {
        let head = head.iter().map(|name| (*name).to_owned()).collect();
        self.tables.push(Table { title: title.to_owned(), head, rows: Vec::new() });
        self.tables.last_mut().expect("one was pushed")
    }

    /// Adds a picture.
    pub fn picture(&mut self, name: &str, caption: &str, figure: &Figure) {
        self.svg(name, caption, figure.svg());
    }

    /// Adds a picture that is SVG text.
    pub fn svg(&mut self, name: &str, caption: &str, svg: String) {
        self.pictures.push(Picture { name: name.to_owned(), caption: caption.to_owned(), svg });
    }

    /// The file of a picture.
    pub fn file(study: &str, picture: &str) -> String {
        if picture.is_empty() { format!("{study}.svg") } else { format!("{study}-{picture}.svg") }
    }

    /// The claims, tables and pictures as Markdown; `prefix` is the folder of the pictures, with a slash, or nothing.
    pub fn markdown_in(&self, study: &str, prefix: &str) -> String {
        let mut text = String::new();
        for Claim { text: claim, found, holds } in &self.claims {
            let _ = writeln!(text, "- {}{claim}: {found}.", if *holds { "" } else { "**Did not come out:** " });
        }
        for Table { title, head, rows } in &self.tables {
            let _ = write!(text, "\n{title}\n\n| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
            for row in rows {
                let _ = writeln!(text, "| {} |", row.iter().map(Cell::text).collect::<Vec<_>>().join(" | "));
            }
        }
        for Picture { name, caption, .. } in &self.pictures {
            let _ = write!(text, "\n![{caption}]({prefix}{})\n", Self::file(study, name));
        }
        text
    }

    /// The claims, tables and pictures as Markdown.
    pub fn markdown(&self, study: &str) -> String {
        self.markdown_in(study, "")
    }

    /// Writes the pictures, `STUDY.md` and at last `STUDY.json` into a folder, which is made. Each file is written whole or not at all.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written.
    pub fn save(&self, folder: &Path, study: &str) -> Result<(), TrainError> {
        let write = |name: String, bytes: &[u8]| {
            let path = folder.join(name);
            write_atomically(&path, bytes).map_err(|source| TrainError::File { path, source })
        };
        std::fs::create_dir_all(folder).map_err(|source| TrainError::File { path: folder.to_owned(), source })?;
        for picture in &self.pictures {
            write(Self::file(study, &picture.name), picture.svg.as_bytes())?;
        }
        write(format!("{study}.md"), self.markdown(study).as_bytes())?;
        let json = serde_json::to_string_pretty(self).expect("a report has texts and finite numbers");
        write(format!("{study}.json"), (json + "\n").as_bytes())
    }

    /// Reads `STUDY.json` of a folder; none if there is no such file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or is no report.
    pub fn read(folder: &Path, study: &str) -> Result<Option<Self>, TrainError> {
        let path = folder.join(format!("{study}.json"));
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(TrainError::File { path, source }),
            Ok(bytes) => bytes,
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| TrainError::Content { path, reason: format!("not the report of a study: {error}") })
    }
}

impl Table {
    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl Cell {
    /// Text without line breaks; of a number four digits, or all of a whole number.
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.replace('\n', " "),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                let sign = if *number < 0.0 { "-" } else { "" };
                format!("{sign}{}", layercake::ir::grouped(number.abs() as u64))
            }
            Self::Number(number) => digits(*number),
        }
    }
}

/// A number with four digits that matter.
pub(super) fn digits(number: f64) -> String {
    let power = if number == 0.0 { 0.0 } else { number.abs().log10().floor() };
    if !(-4.0..6.0).contains(&power) {
        return format!("{number:.2e}");
    }
    format!("{number:.*}", (3.0 - power).max(0.0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut report = Report::default();
        report.claim("one is less than two", "1 and 2", true);
        report.claim("two is less than one", "2 and 1", false);
        report.table("Numbers.", &["name", "number"]).row(["a".into(), 0.123_456.into()]);
        report.tables[0].row(["b".into(), f64::NAN.into()]);
        report.tables[0].row(["c".into(), 1_234_567usize.into()]);
        report.picture("curve", "A curve.", &Figure::new("t"));
        assert_eq!(Report::read(folder.path(), "s").unwrap(), None);
        report.save(folder.path(), "s").unwrap();
        let text = std::fs::read_to_string(folder.path().join("s.md")).unwrap();
        assert_eq!(
            text,
            "- one is less than two: 1 and 2.\n- **Did not come out:** two is less than one: 2 and 1.\n\n\
             Numbers.\n\n| name | number |\n|---|---|\n| a | 0.1235 |\n| b | NaN |\n| c | 1,234,567 |\n\n![A curve.](s-curve.svg)\n"
        );
        let read = Report::read(folder.path(), "s").unwrap().unwrap();
        report.pictures[0].svg.clear();
        assert_eq!(read, report);
        std::fs::write(folder.path().join("s.json"), "{").unwrap();
        assert!(Report::read(folder.path(), "s").unwrap_err().to_string().contains("s.json: not the report of a study"));
    }
}
