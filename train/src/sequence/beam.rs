//! Beam search.

use super::decoder::{Decoder, Limits, log_softmax};

/// How beam search looks for likely sequences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeamSearch {
    /// How many sequences are continued at once, and how many are returned.
    pub width: usize,
    /// Sequences are compared by their log-probability over this power of their length, with the end; 0 for the log-probability itself, which is higher for short ones.
    pub length_penalty: f64,
}

/// A sequence that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// The tokens, without the end.
    pub tokens: Vec<usize>,
    /// The logarithm of its probability, with that of the end if it has ended.
    pub log_probability: f64,
    /// By which it was compared.
    pub score: f64,
    /// Whether it ended; otherwise it was cut at the most tokens.
    pub ended: bool,
}

impl BeamSearch {
    fn score(&self, log_probability: f64, length: usize) -> f64 {
        log_probability / (length.max(1) as f64).powf(self.length_penalty)
    }

    /// The best score that a sequence can still get: no token is surer than certain.
    fn most(&self, log_probability: f64, length: usize, limits: Limits) -> f64 {
        let longest = limits.longest.saturating_add(1).max(length + 1);
        self.score(log_probability, longest).max(self.score(log_probability, length + 1))
    }
}

/// The likeliest continuations of one sequence, the only row of a state, the best first: in each step the `width` best beginnings are continued. Ends when no
/// beginning can become better than the `width` best sequences that have ended.
///
/// # Errors
/// Returns the decoder's error.
///
/// # Panics
/// Panics if the width is 0.
pub fn beam_search<D: Decoder>(decoder: &D, state: D::State, search: &BeamSearch, limits: Limits) -> Result<Vec<Hypothesis>, D::Error> {
    assert!(search.width > 0, "a beam has at least one sequence");
    // Tokens with the logarithm of their probability.
    let mut beams: Vec<(Vec<usize>, f64)> = vec![(Vec::new(), 0.0)];
    let (mut state, mut ended): (D::State, Vec<Hypothesis>) = (state, Vec::new());
    for _ in 0..=limits.longest {
        let tokens: Vec<usize> = beams.iter().map(|(tokens, _)| tokens.last().copied().unwrap_or(limits.start)).collect();
        let (logits, next) = decoder.step(&tokens, state)?;
        let vocabulary = logits.len() / beams.len();
        let mut candidates = Vec::new();
        for (row, logits) in logits.chunks_exact(vocabulary.max(1)).enumerate() {
            let before = beams[row].1;
            candidates.extend(log_softmax(logits).into_iter().enumerate().map(|(token, new)| (row, token, before + new)));
        }
        // Equal ones in the order of beams and tokens.
        candidates.sort_by(|a, b| b.2.total_cmp(&a.2));
        let mut kept = Vec::new();
        for (row, token, log_probability) in candidates.into_iter().take(2 * search.width) {
            let tokens = &beams[row].0;
            if token == limits.end {
                let score = search.score(log_probability, tokens.len() + 1);
                ended.push(Hypothesis { tokens: tokens.clone(), log_probability, score, ended: true });
            } else if kept.len() < search.width {
                kept.push((row, [&tokens[..], &[token]].concat(), log_probability));
            }
        }
        if beams[0].0.len() == limits.longest {
            // What has not ended is cut.
            ended.extend(beams.drain(..).map(|(tokens, log_probability)| {
                let score = search.score(log_probability, tokens.len());
                Hypothesis { tokens, log_probability, score, ended: false }
            }));
            break;
        }
        ended.sort_by(|a, b| b.score.total_cmp(&a.score));
        ended.truncate(search.width);
        state = decoder.select(&next, &kept.iter().map(|(row, ..)| *row).collect::<Vec<_>>())?;
        beams = kept.into_iter().map(|(_, tokens, log_probability)| (tokens, log_probability)).collect();
        let worst = ended.get(search.width - 1).map(|hypothesis| hypothesis.score);
        if beams.is_empty() || worst.is_some_and(|worst| beams.iter().all(|(tokens, p)| search.most(*p, tokens.len(), limits) <= worst)) {
            break;
        }
    }
    // A sequence that has ended is better than one that was cut.
    ended.sort_by(|a, b| b.ended.cmp(&a.ended).then(b.score.total_cmp(&a.score)));
    ended.truncate(search.width);
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::super::greedy;
    use super::super::toy::{END, LIMITS, TOKENS, Toy};
    use super::*;

    /// All sequences that end, with their log-probabilities.
    fn all(toy: &Toy) -> Vec<(Vec<usize>, f64)> {
        let (mut found, mut open) = (Vec::new(), vec![(Vec::new(), 0.0, 0)]);
        while let Some((tokens, before, state)) = open.pop() {
            let last: usize = tokens.last().copied().unwrap_or(LIMITS.start);
            let (logits, next) = toy.step(&[last], vec![state]).unwrap();
            for (token, new) in log_softmax(&logits).into_iter().enumerate() {
                if token == END {
                    found.push((tokens.clone(), before + new));
                } else if tokens.len() < LIMITS.longest {
                    open.push(([&tokens[..], &[token]].concat(), before + new, next[0]));
                }
            }
        }
        found
    }

    /// A beam as wide as there are beginnings finds the best of all sequences.
    #[test]
    fn a_wide_beam_is_exhaustive() {
        for (seed, length_penalty) in (0..20).flat_map(|seed| [(seed, 0.0), (seed, 0.8)]) {
            let (toy, search) = (Toy::new(seed), BeamSearch { width: TOKENS.pow(5), length_penalty });
            let score = |(tokens, p): &(Vec<usize>, f64)| p / ((tokens.len() + 1) as f64).powf(length_penalty);
            let mut expected = all(&toy);
            expected.sort_by(|a, b| score(b).total_cmp(&score(a)));
            let found = beam_search(&toy, vec![0], &search, LIMITS).unwrap();
            for (found, expected) in found.iter().zip(&expected).take(10) {
                assert!((found.score - score(expected)).abs() < 1e-9 && found.ended, "seed {seed}");
            }
            assert_eq!(found[0].tokens, expected[0].0, "seed {seed}");
        }
    }

    /// A beam of one follows the most likely tokens, but remembers an end that it passed.
    #[test]
    fn a_beam_of_one_is_greedy() {
        for seed in 0..40 {
            let toy = Toy::new(seed);
            let [chosen] = &greedy(&toy, vec![0], 1, LIMITS).unwrap()[..] else { panic!("one sequence") };
            let found = beam_search(&toy, vec![0], &BeamSearch { width: 1, length_penalty: 0.0 }, LIMITS).unwrap();
            assert_eq!(found.len(), 1);
            let p = |tokens: &[usize]| all(&toy).into_iter().find(|(other, _)| other == tokens).map(|(_, p)| p);
            let better = p(chosen).is_none_or(|greedy| found[0].log_probability >= greedy - 1e-9);
            assert!(found[0].tokens == *chosen || (better && found[0].ended), "seed {seed}: {found:?} {chosen:?}");
        }
    }
}
