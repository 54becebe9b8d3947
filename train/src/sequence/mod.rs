//! Sequences of tokens: padding, decoding that carries a state, sampling, and scores. The [guide](crate::guide::sequences) translates with it.
//!
//! | | |
//! |--|--|
//! | [`TokenPair`], [`Ragged`] | sequences of different lengths in a batch, padded, with masks |
//! | [`Decoder`], [`greedy`], [`beam_search`] | what a network finds likely, one token at a time |
//! | [`Sampler`], [`draw`] | temperature, the k most likely tokens, the nucleus |
//! | [`exact_match`], [`edit_distance`], [`bleu`] | how near it is to a reference |
//!
//! A loss leaves padding out if its id is the `ignore_index` of [`CrossEntropy`](layercake::loss::CrossEntropy); [`label_weight`](crate::label_weight) is then the weight of the
//! batch.

mod beam;
mod bleu;
mod decoder;
mod ragged;
mod sampler;
mod scores;
#[cfg(test)]
mod toy;

pub use beam::{BeamSearch, Hypothesis, beam_search};
pub use bleu::{bleu, tokenize_13a};
pub use decoder::{Decoder, Limits, draw, greedy};
pub use ragged::{PadSide, Ragged, TokenPair, TokenPairBatch};
pub use sampler::Sampler;
pub use scores::{edit_distance, exact_match};
