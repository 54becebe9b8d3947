//! What a cell says.

use std::borrow::Cow;

/// What stands for a missing value.
pub(super) const MISSING: [&str; 9] = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "?"];

/// Whether the cell has no value.
pub(super) fn is_missing(cell: &str) -> bool {
    MISSING.contains(&cell)
}

/// The number in a cell. Infinity and NaN are none.
pub(super) fn number(cell: &str) -> Option<f64> {
    // Rust's parser takes words such as `inf` and `nan`.
    if cell.bytes().any(|byte| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E')) {
        return None;
    }
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A cell as the name of a class or category: numbers are compared as numbers, so that `1`, `1.0` and `01` are one.
pub(super) fn word(cell: &str) -> Cow<'_, str> {
    match number(cell) {
        // Adding 0 makes -0 to 0.
        Some(number) => Cow::Owned((number + 0.0).to_string()),
        None => Cow::Borrowed(cell),
    }
}

/// Distinct words in order: numbers by their size, then text. `None` if there are more than `most`; then no more are kept either.
pub(super) fn distinct<'a>(cells: impl Iterator<Item = &'a str>, most: usize) -> Option<Vec<String>> {
    let mut words = std::collections::BTreeSet::new();
    for cell in cells {
        words.insert(word(cell));
        if words.len() > most {
            return None;
        }
    }
    let mut words: Vec<String> = words.into_iter().map(Cow::into_owned).collect();
    words.sort_by(|a, b| match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words() {
        assert_eq!([number("1e3"), number("-.5"), number("+2")], [Some(1000.0), Some(-0.5), Some(2.0)]);
        assert!(["inf", "nan", "infinity", "1e999", "1,5", "0x10", "", "12 kg"].iter().all(|cell| number(cell).is_none()));
        let cells = || ["10", "9", "b", "9.0", "a", "-0", "0"].into_iter();
        assert_eq!(distinct(cells(), 5).unwrap(), ["0", "9", "10", "a", "b"]);
        assert_eq!(distinct(cells(), 4), None);
    }
}
