//! Networks that write sequences.

use rand::Rng;

use super::Sampler;

/// A network that writes sequences, one token after the other. What it has read and written is in a state, so that a step costs the same whatever came before.
pub trait Decoder {
    /// What is carried from token to token, a row for each sequence.
    type State;
    /// Why a step fails.
    type Error;

    /// Feeds a token to each sequence. Returns the logits of the tokens behind them, `[sequences, vocabulary]` row-major, and the new state.
    ///
    /// # Errors
    /// Returns an error if the network cannot be run.
    fn step(&self, tokens: &[usize], state: Self::State) -> Result<(Vec<f32>, Self::State), Self::Error>;

    /// The rows of a state in this order; a row may be named several times or not at all.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    fn select(&self, state: &Self::State, rows: &[usize]) -> Result<Self::State, Self::Error>;
}

/// Where sequences begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The token that is fed first.
    pub start: usize,
    /// The token that ends a sequence; it is not a part of it.
    pub end: usize,
    /// The most tokens that are written, without the end.
    pub longest: usize,
}

/// Continues each of `sequences` sequences, the rows of a state, by the most likely token until its end. Sequences that have ended cost nothing.
///
/// # Errors
/// Returns the decoder's error.
///
/// # Panics
/// Panics if the decoder returns no logits for a sequence.
pub fn greedy<D: Decoder>(decoder: &D, state: D::State, sequences: usize, limits: Limits) -> Result<Vec<Vec<usize>>, D::Error> {
    continued(decoder, state, sequences, limits, |logits| crate::argmax(logits, logits.len())[0])
}

/// Continues each of `sequences` sequences, the rows of a state, by tokens that are drawn, until its end. Sequences that have ended cost nothing.
///
/// # Errors
/// Returns the decoder's error.
///
/// # Panics
/// Panics if the decoder returns no logits for a sequence, or if an option of the sampler is out of range.
pub fn draw<D: Decoder>(
    decoder: &D,
    state: D::State,
    sequences: usize,
    limits: Limits,
    sampler: &Sampler,
    random: &mut impl Rng,
) -> Result<Vec<Vec<usize>>, D::Error> {
    continued(decoder, state, sequences, limits, |logits| sampler.draw(logits, random))
}

/// Continues sequences by the tokens that are chosen by their logits.
fn continued<D: Decoder>(
    decoder: &D,
    state: D::State,
    sequences: usize,
    limits: Limits,
    mut choose: impl FnMut(&[f32]) -> usize,
) -> Result<Vec<Vec<usize>>, D::Error> {
    let mut written = vec![Vec::new(); sequences];
    let (mut open, mut state): (Vec<usize>, D::State) = ((0..sequences).collect(), state);
    let mut tokens = vec![limits.start; sequences];
    for _ in 0..=limits.longest {
        if open.is_empty() {
            break;
        }
        let (logits, next) = decoder.step(&tokens, state)?;
        let chosen: Vec<usize> = logits.chunks_exact(logits.len() / open.len()).map(&mut choose).collect();
        let rows: Vec<usize> =
            (0..open.len()).filter(|&row| chosen[row] != limits.end && written[open[row]].len() < limits.longest).collect();
        state = decoder.select(&next, &rows)?;
        tokens = rows.iter().map(|&row| chosen[row]).collect();
        open = rows.iter().map(|&row| open[row]).collect();
        open.iter().zip(&tokens).for_each(|(&sequence, &token)| written[sequence].push(token));
    }
    Ok(written)
}

/// The logarithms of the probabilities of a row of logits.
pub(super) fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shifted = || logits.iter().map(|&logit| f64::from(logit) - f64::from(highest));
    let sum = shifted().map(f64::exp).sum::<f64>().ln();
    shifted().map(|logit| logit - sum).collect()
}

#[cfg(test)]
mod tests {
    use super::super::toy::{END, LIMITS, Toy};
    use super::*;

    /// What cannot be drawn but one token is greedy; draws are of a seed.
    #[test]
    fn draws() {
        use rand::SeedableRng;
        let toy = Toy::new(3);
        let drawn = |sampler: Sampler, seed| {
            let mut random = rand::rngs::StdRng::seed_from_u64(seed);
            draw(&toy, vec![0; 50], 50, LIMITS, &sampler, &mut random).unwrap()
        };
        let first = Sampler { top_k: Some(1), ..Sampler::default() };
        assert_eq!(drawn(first, 1), greedy(&toy, vec![0; 50], 50, LIMITS).unwrap());
        let any = drawn(Sampler::default(), 1);
        assert_eq!(any, drawn(Sampler::default(), 1));
        assert!(any != drawn(Sampler::default(), 2) && any.iter().any(|sequence| *sequence != any[0]));
        assert!(any.iter().all(|sequence| sequence.len() <= LIMITS.longest && !sequence.contains(&END)));
    }

    /// Several sequences at once are written as each alone is, and each by the most likely token.
    #[test]
    fn each_sequence_is_continued_by_its_own_state() {
        for seed in 0..20 {
            let toy = Toy::new(seed);
            let together = greedy(&toy, vec![0, 1, 2, 1], 4, LIMITS).unwrap();
            for (first, sequence) in [0, 1, 2, 1].into_iter().zip(&together) {
                assert_eq!(greedy(&toy, vec![first], 1, LIMITS).unwrap()[0], *sequence);
                let (mut state, mut token, mut expected) = (first, LIMITS.start, Vec::new());
                for _ in 0..LIMITS.longest {
                    let (logits, next) = toy.step(&[token], vec![state]).unwrap();
                    (token, state) = (crate::argmax(&logits, logits.len())[0], next[0]);
                    if token == END {
                        break;
                    }
                    expected.push(token);
                }
                assert_eq!(*sequence, expected);
            }
        }
    }
}
