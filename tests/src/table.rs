//! The table of `docs/catalogue.md`, whose figures the tests measure.
//!
//! After a change: `LAYERCAKE_WRITE=1 cargo test -p layercake-tests --test parity --test training`, twice where rows are new.
//!
//! A figure is rounded up to 1, 2 or 5 times a power of ten. Machines round differently, so a test accepts a measurement that is
//! at most five times the figure and, if the test measures everything that the figure covers, at least a fiftieth of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The cell of a figure that has not been measured yet.
pub const OPEN: &str = "?";

/// Tests of one binary run in parallel. The lower bound of each figure, by row and column.
static MEASURED: Mutex<BTreeMap<(String, String), f64>> = Mutex::new(BTreeMap::new());

/// Whether to write figures instead of comparing them.
pub fn writes() -> bool {
    std::env::var_os("LAYERCAKE_WRITE").is_some()
}

/// The path of the table.
pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/catalogue.md")
}

/// The file.
pub fn text() -> String {
    fs::read_to_string(path()).unwrap_or_default()
}

/// Rewrites the file while no figure is being written.
///
/// # Panics
/// If it cannot be written.
pub fn rewrite(make: impl FnOnce(&str) -> String) {
    let _all = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
    fs::write(path(), make(&text())).expect("docs/ can be written");
}

/// Checks or writes the complete figure of a cell.
///
/// # Panics
/// If it does not agree with the table.
pub fn figure(item: &str, column: &str, measured: f64) {
    compare(item, column, measured, true);
}

/// Checks or writes a part of the figure of a cell.
///
/// # Panics
/// If it exceeds the table's figure.
pub fn part(item: &str, column: &str, measured: f64) {
    compare(item, column, measured, false);
}

fn compare(item: &str, column: &str, measured: f64, whole: bool) {
    let mut all = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
    let most = all.entry((item.to_owned(), column.to_owned())).or_insert(0.0);
    *most = most.max(measured);
    if writes() {
        let file = with_cell(&text(), item, column, &rounded(*most));
        fs::write(path(), file).expect("docs/ can be written");
        return;
    }
    let file = text();
    let stands = cell(&file, item, column).unwrap_or_else(|| panic!("docs/catalogue.md has no `{column}` for `{item}`"));
    let limit: f64 = stands.parse().unwrap_or_else(|_| panic!("docs/catalogue.md: `{column}` of `{item}` is `{stands}`, and no figure"));
    assert!(agrees(limit, measured, whole), "docs/catalogue.md says {stands} for `{column}` of `{item}`, measured is {measured:.1e}");
}

/// Whether a measurement agrees with a figure; `whole` if it is of everything that the figure covers.
pub fn agrees(stands: f64, measured: f64, whole: bool) -> bool {
    measured <= (5.0 * stands).max(1e-12) && (!whole || measured >= stands / 50.0)
}

/// Rounded up to 1, 2 or 5 times a power of ten; 0 below the precision of float64.
pub fn rounded(measured: f64) -> String {
    if measured < 1e-15 {
        return "0".to_owned();
    }
    let power = measured.log10().floor() as i32;
    let steps = [(1, power), (2, power), (5, power), (1, power + 1)];
    let step = steps.iter().find(|(digit, power)| measured <= f64::from(*digit) * 10f64.powi(*power) * (1.0 + 1e-9));
    let (digit, power) = step.unwrap_or(&steps[3]);
    format!("{digit}e{power}")
}

fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// The line of a row and the position of a column in it.
fn find(file: &str, item: &str, column: &str) -> Option<(usize, usize)> {
    let mut header: Vec<&str> = Vec::new();
    let mut before = "";
    for (number, line) in file.lines().enumerate() {
        if line.starts_with("|--") {
            header = cells(before);
        } else if line.starts_with('|')
            && cells(line)[0] == item
            && let Some(place) = header.iter().position(|name| *name == column)
        {
            return Some((number, place));
        }
        before = line;
    }
    None
}

fn cell<'a>(file: &'a str, item: &str, column: &str) -> Option<&'a str> {
    let (line, place) = find(file, item, column)?;
    cells(file.lines().nth(line)?).get(place).copied()
}

fn with_cell(file: &str, item: &str, column: &str, value: &str) -> String {
    let Some((line, place)) = find(file, item, column) else { return file.to_owned() };
    let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
    let mut row: Vec<String> = cells(&lines[line]).into_iter().map(str::to_owned).collect();
    row[place] = value.to_owned();
    lines[line] = format!("| {} |", row.join(" | "));
    lines.join("\n") + "\n"
}

/// The content of a cell, for rewriting the table; [`OPEN`] if there is none.
pub fn kept(file: &str, item: &str, column: &str) -> String {
    cell(file, item, column).unwrap_or(OPEN).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# A\n\n| Item | one | two |\n|--|--|--|\n| Conv2d | 1e-7 | ? |\n\n| Item | three |\n|--|--|\n| Conv2d | 5e-8 |\n";

    #[test]
    fn figures_are_rounded_up() {
        let cases = [(0.0, "0"), (1e-7, "1e-7"), (1.01e-7, "2e-7"), (2.5e-7, "5e-7"), (5.1e-7, "1e-6"), (9.9e-9, "1e-8"), (0.03, "5e-2")];
        for (measured, text) in cases {
            assert_eq!(rounded(measured), text);
            assert!(agrees(text.parse().unwrap(), measured, true));
        }
    }

    #[test]
    fn what_is_too_large_or_out_of_date_is_noticed() {
        assert!(agrees(1e-7, 4e-7, true) && agrees(1e-7, 3e-9, true) && agrees(1e-7, 1e-12, false));
        assert!(!agrees(1e-7, 6e-7, true) && !agrees(1e-7, 1e-9, true) && !agrees(0.0, 1e-9, true));
        assert!(!agrees(1e-7, f64::INFINITY, false) && !agrees(1e-7, f64::NAN, false));
    }

    #[test]
    fn cells_are_found_and_replaced() {
        assert_eq!(
            [cell(FILE, "Conv2d", "one"), cell(FILE, "Conv2d", "three"), cell(FILE, "Linear", "one")],
            [Some("1e-7"), Some("5e-8"), None]
        );
        let file = with_cell(FILE, "Conv2d", "two", "2e-7");
        assert_eq!(file, FILE.replace('?', "2e-7"));
        assert_eq!(kept(&file, "Conv2d", "four"), OPEN);
    }
}
