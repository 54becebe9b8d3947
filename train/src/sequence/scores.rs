//! How near sequences are to their references.

/// The share of sequences that equal their reference; NaN without any.
///
/// # Panics
/// Panics if there are not as many references as sequences.
pub fn exact_match<T: PartialEq>(found: &[Vec<T>], references: &[Vec<T>]) -> f64 {
    assert_eq!(found.len(), references.len(), "a reference for each sequence");
    found.iter().zip(references).filter(|(found, reference)| found == reference).count() as f64 / found.len() as f64
}

/// The least number of tokens to insert, delete and replace that make one sequence of the other (Levenshtein, 1966).
pub fn edit_distance<T: PartialEq>(from: &[T], to: &[T]) -> usize {
    // A row of the table: the distance of what is behind of `from` to each beginning of `to`.
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, token) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(token != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(from: &str, to: &str) -> usize {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        edit_distance(&letters(from), &letters(to))
    }

    #[test]
    fn by_hand() {
        assert_eq!(exact_match(&[vec![1, 2], vec![3], vec![]], &[vec![1, 2], vec![3, 4], vec![]]), 2.0 / 3.0);
        for (from, to, expected) in
            [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("flaw", "lawn", 2), ("same", "same", 0), ("ab", "ba", 2)]
        {
            assert_eq!((distance(from, to), distance(to, from)), (expected, expected), "{from} {to}");
        }
    }
}
