//! Suggestions for misspelled words.

/// The candidate nearest to `word`: differing only in case, or by one or two typing errors; None if none is near.
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "");
    let word = plain(word);
    candidates
        .iter()
        .map(|&candidate| (distance(&word, &plain(candidate)), candidate))
        .filter(|&(distance, candidate)| distance <= candidate.len().min(word.len()) / 3)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The number of insertions, deletions, replacements and swaps of neighbors that turn one word into the other (Damerau-Levenshtein,
/// no part edited twice).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if i == 0 || j == 0 {
                table[i][j] = i.max(j);
                continue;
            }
            let replaced = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(table[i - 2][j - 2] + 1);
            }
            table[i][j] = least;
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kernel", "kernle"), 1);
        assert_eq!(distance("stride", "strides"), 1);
        assert_eq!(distance("padding", "pading"), 1);
        assert_eq!(distance("tanh", "than"), 2);
        assert_eq!(distance("abc", "abc"), 0);
    }

    #[test]
    fn what_was_meant() {
        let kinds = ["Linear", "Conv2d", "MaxPool2d", "ReLU", "Tanh"];
        for (word, meant) in [
            ("Linaer", Some("Linear")),
            ("conv2D", Some("Conv2d")),
            ("maxpool_2d", Some("MaxPool2d")),
            ("Relu", Some("ReLU")),
            ("Tahn", Some("Tanh")),
            ("GRU", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, &kinds), meant, "{word}");
        }
    }
}
