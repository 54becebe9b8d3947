//! Sequences of different lengths in one batch.

use crate::data::{Array, Collate, DataError};

/// Where padding goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PadSide {
    /// Before the tokens: the last step of each sequence is a token, so the last state of a recurrent layer is that behind the whole sequence.
    Left,
    /// Behind the tokens.
    Right,
}

/// Sequences of token ids, each of its own length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ragged(pub Vec<Vec<usize>>);

impl Ragged {
    /// The length of the longest sequence; 0 without any.
    pub fn longest(&self) -> usize {
        self.0.iter().map(Vec::len).max().unwrap_or_default()
    }

    /// Token ids `[sequences, length]`, padded with an id.
    ///
    /// # Errors
    /// Returns an error if a sequence is longer than `length`.
    pub fn padded(&self, length: usize, id: usize, side: PadSide) -> Result<Array<usize>, DataError> {
        self.fill(length, side, |tokens, place| place.map_or(id, |place| tokens[place]))
    }

    /// What is added to the scores of attention, `[sequences, 1, length]`: 0 for a token, minus infinity for padding.
    ///
    /// # Errors
    /// Returns an error if a sequence is longer than `length`, or empty: its attention would have nothing to attend to.
    pub fn attention_mask(&self, length: usize, side: PadSide) -> Result<Array<f32>, DataError> {
        if self.0.iter().any(Vec::is_empty) {
            return Err(DataError::Batch { expected: "sequences of at least one token".to_owned(), found: "an empty one".to_owned() });
        }
        let mask = self.fill(length, side, |_, place| if place.is_some() { 0.0 } else { f32::NEG_INFINITY })?;
        Ok(Array::new(vec![self.0.len(), 1, length], mask.into_vec()))
    }

    /// An element for each place: of a token, by its place in its sequence, or of padding.
    fn fill<E>(&self, length: usize, side: PadSide, element: impl Fn(&[usize], Option<usize>) -> E) -> Result<Array<E>, DataError> {
        if self.longest() > length {
            let (expected, found) = (format!("sequences of at most {length} tokens"), format!("one of {}", self.longest()));
            return Err(DataError::Batch { expected, found });
        }
        let place = |tokens: &[usize], at: usize| match side {
            PadSide::Left => (at + tokens.len()).checked_sub(length),
            PadSide::Right => Some(at).filter(|&at| at < tokens.len()),
        };
        let row = |tokens: &Vec<usize>| (0..length).map(|at| element(tokens, place(tokens, at))).collect::<Vec<E>>();
        Ok(Array::new(vec![self.0.len(), length], self.0.iter().flat_map(row).collect()))
    }

    /// Each sequence behind a token.
    #[must_use]
    pub fn starting_with(&self, token: usize) -> Self {
        Self(self.0.iter().map(|tokens| [&[token], &tokens[..]].concat()).collect())
    }

    /// Each sequence with a token behind it.
    #[must_use]
    pub fn ending_with(&self, token: usize) -> Self {
        Self(self.0.iter().map(|tokens| [&tokens[..], &[token]].concat()).collect())
    }
}

/// A sequence and what it is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPair {
    /// The sequence that is read.
    pub source: Vec<usize>,
    /// The sequence that is written, without its end.
    pub target: Vec<usize>,
}

/// A batch of pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenPairBatch {
    /// The sequences that are read.
    pub sources: Ragged,
    /// The sequences that are written.
    pub targets: Ragged,
}

/// Sequences may have any lengths; [`Ragged::padded`] makes them equal.
impl Collate for TokenPair {
    type Batch = TokenPairBatch;
    const UNIT: &'static str = "pairs";

    fn collate(items: Vec<Self>) -> Result<TokenPairBatch, DataError> {
        let (sources, targets) = items.into_iter().map(|pair| (pair.source, pair.target)).unzip();
        Ok(TokenPairBatch { sources: Ragged(sources), targets: Ragged(targets) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_by_hand() {
        let ragged = Ragged(vec![vec![5, 6, 7], vec![8]]);
        assert_eq!(ragged.padded(4, 0, PadSide::Left).unwrap(), Array::new(vec![2, 4], vec![0, 5, 6, 7, 0, 0, 0, 8]));
        assert_eq!(ragged.padded(3, 9, PadSide::Right).unwrap().as_slice(), [5, 6, 7, 8, 9, 9]);
        let (no, yes) = (f32::NEG_INFINITY, 0.0);
        assert_eq!(ragged.attention_mask(3, PadSide::Left).unwrap(), Array::new(vec![2, 1, 3], vec![yes, yes, yes, no, no, yes]));
        assert_eq!(ragged.starting_with(1).ending_with(2), Ragged(vec![vec![1, 5, 6, 7, 2], vec![1, 8, 2]]));
        let message = ragged.padded(2, 0, PadSide::Left).unwrap_err().to_string();
        assert!(message.contains("at most 2 tokens") && message.contains("one of 3"), "{message}");
        assert!(Ragged(vec![Vec::new()]).attention_mask(2, PadSide::Left).is_err());
        assert_eq!(Ragged(vec![Vec::new()]).padded(2, 3, PadSide::Right).unwrap().as_slice(), [3, 3]);
    }
}
