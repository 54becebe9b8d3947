//! BLEU (Papineni et al., 2002), with sacrebleu's numbers (Post, 2018, *A Call for Clarity in Reporting BLEU Scores*).

use std::collections::BTreeMap;

/// The longest n-grams that are counted.
const ORDER: usize = 4;

/// The BLEU score of a corpus, 0 to 100: sacrebleu's `corpus_bleu` with its smoothing `exp`, on tokens. Each hypothesis has one or more references.
///
/// # Panics
/// Panics if there are not as many lists of references as hypotheses, or one is empty.
pub fn bleu<T: Ord>(hypotheses: &[Vec<T>], references: &[Vec<Vec<T>>]) -> f64 {
    assert_eq!(hypotheses.len(), references.len(), "references for each hypothesis");
    let (mut right, mut all) = ([0usize; ORDER], [0usize; ORDER]);
    let (mut length, mut reference_length) = (0, 0);
    for (hypothesis, references) in hypotheses.iter().zip(references) {
        length += hypothesis.len();
        // The nearest length, of two the shorter.
        let nearest = references.iter().map(Vec::len).min_by_key(|&other| (other.abs_diff(hypothesis.len()), other));
        reference_length += nearest.expect("a hypothesis has at least one reference");
        for order in 0..ORDER {
            let known: Vec<_> = references.iter().map(|reference| counts(reference, order + 1)).collect();
            for (gram, count) in counts(hypothesis, order + 1) {
                let most = known.iter().map(|counts| counts.get(gram).copied().unwrap_or(0)).max().unwrap_or(0);
                right[order] += count.min(most);
                all[order] += count;
            }
        }
    }
    if right.iter().all(|&count| count == 0) || all.contains(&0) {
        return 0.0;
    }
    // An order without a match counts as half a match, the next as a quarter, and so on.
    let mut smooth = 1.0;
    let logs = right.iter().zip(all).map(|(&right, all)| {
        if right == 0 {
            smooth *= 2.0;
            (1.0 / (smooth * all as f64)).ln()
        } else {
            (right as f64 / all as f64).ln()
        }
    });
    let mean = logs.sum::<f64>() / ORDER as f64;
    let brevity = if length < reference_length { 1.0 - reference_length as f64 / length as f64 } else { 0.0 };
    100.0 * (mean + brevity).exp()
}

/// How often each n-gram occurs.
fn counts<T: Ord>(tokens: &[T], order: usize) -> BTreeMap<&[T], usize> {
    let mut counts = BTreeMap::new();
    tokens.windows(order).for_each(|gram| *counts.entry(gram).or_insert(0) += 1);
    counts
}

/// The tokens of a sentence by the rules of mteval-v13a, sacrebleu's default: punctuation is separated, but for points and commas within numbers.
pub fn tokenize_13a(sentence: &str) -> Vec<String> {
    let text = sentence.trim_end().replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    let text = text.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    let symbol = |c: &char| matches!(c, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/');
    let mut letters: Vec<char> = Vec::new();
    for c in format!(" {text} ").chars() {
        if symbol(&c) { letters.extend([' ', c, ' ']) } else { letters.push(c) }
    }
    let mark = |c: char| c == '.' || c == ',';
    let digit = |c: char| c.is_ascii_digit();
    let letters = pairs(&letters, |a, b| !digit(a) && mark(b), |a, b| [a, ' ', b, ' ']);
    let letters = pairs(&letters, |a, b| mark(a) && !digit(b), |a, b| [' ', a, ' ', b]);
    let letters = pairs(&letters, |a, b| digit(a) && b == '-', |a, b| [a, ' ', b, ' ']);
    letters.into_iter().collect::<String>().split_whitespace().map(str::to_owned).collect()
}

/// Replaces pairs of letters, from left to right; a letter is in one pair at most.
fn pairs(letters: &[char], is: impl Fn(char, char) -> bool, replaced: impl Fn(char, char) -> [char; 4]) -> Vec<char> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < letters.len() {
        match letters.get(at + 1) {
            Some(&next) if is(letters[at], next) => {
                found.extend(replaced(letters[at], next));
                at += 2;
            }
            _ => {
                found.push(letters[at]);
                at += 1;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A corpus, and what sacrebleu makes of it: `tests/sacrebleu/bleu.py`.
    #[derive(serde::Deserialize)]
    struct Case {
        hypotheses: Vec<String>,
        references: Vec<Vec<String>>,
        tokens: Vec<String>,
        bleu: f64,
    }

    #[test]
    fn sacrebleus_numbers() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/sacrebleu/bleu.json");
        let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert!(cases.len() >= 6);
        for case in cases {
            let hypotheses: Vec<Vec<String>> = case.hypotheses.iter().map(|text| tokenize_13a(text)).collect();
            let joined: Vec<String> = hypotheses.iter().map(|tokens| tokens.join(" ")).collect();
            assert_eq!(joined, case.tokens);
            let references: Vec<Vec<Vec<String>>> =
                case.references.iter().map(|texts| texts.iter().map(|text| tokenize_13a(text)).collect()).collect();
            let found = bleu(&hypotheses, &references);
            assert!((found - case.bleu).abs() < 1e-9 * case.bleu.max(1.0), "{found}, expected {}", case.bleu);
        }
    }
}
