//! Characters as tokens.

use layercake_train::data::{DataError, Dataset, TextPair};
use layercake_train::sequence::{Limits, TokenPair};

use crate::tasks::writing::Vocabulary;

/// The tokens that are no characters.
pub(super) const PAD: usize = 0;
const START: usize = 1;
const END: usize = 2;
/// The characters, from token 3 on.
const LETTERS: &str = "0123456789+";
const FIRST: usize = 3;
/// The longest sum, `999+999`, and the longest answer, `1998`.
pub(super) const SOURCE: usize = 7;
pub(super) const LIMITS: Limits = Limits { start: START, end: END, longest: 4 };
pub(super) const ANSWERS: Vocabulary = Vocabulary { tokens: FIRST + LETTERS.len(), pad: PAD, limits: LIMITS };

fn tokens(text: &str) -> Option<Vec<usize>> {
    text.chars().map(|letter| Some(FIRST + LETTERS.find(letter)?)).collect()
}

/// A sum, backwards: its last digits, which are added first, are then the nearest to the answer (Sutskever et al., 2014, section 3.3). `None` if it is not a sum of two
/// numbers of one to three digits.
pub(super) fn encode_source(text: &str) -> Option<Vec<usize>> {
    let is_number = |text: &str| (1..=3).contains(&text.len()) && text.chars().all(|digit| digit.is_ascii_digit());
    let (a, b) = text.split_once('+')?;
    let found = if is_number(a) && is_number(b) { tokens(text)? } else { return None };
    Some(found.into_iter().rev().collect())
}

/// A sum with its answer.
pub(super) fn encode(pair: &TextPair) -> Option<TokenPair> {
    Some(TokenPair { source: encode_source(&pair.source)?, target: tokens(&pair.target).filter(|target| target.len() <= LIMITS.longest)? })
}

/// The text of tokens; what is not a character is `?`.
pub(super) fn decode(tokens: &[usize]) -> String {
    tokens.iter().map(|token| token.checked_sub(FIRST).and_then(|at| LETTERS.chars().nth(at)).unwrap_or('?')).collect()
}

/// The text of a sum.
pub(super) fn decode_source(tokens: &[usize]) -> String {
    decode(tokens).chars().rev().collect()
}

/// Pairs in memory.
#[derive(Clone, Debug)]
pub(super) struct Pairs(pub Vec<TokenPair>);

impl Dataset for Pairs {
    type Item = TokenPair;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<TokenPair, DataError> {
        Ok(self.0[index].clone())
    }
}
