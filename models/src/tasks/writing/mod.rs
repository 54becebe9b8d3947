//! Networks that write a text: an encoder whose last state is the first of a decoder, which writes one token after the other.

mod forced;
mod writer;

pub(super) use forced::{Vocabulary, score};
pub(super) use writer::{Memory, Writer, written};
