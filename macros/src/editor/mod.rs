//! What an editor is told of a block, beside its items: documentation of words, where tags and templates come from, completions.
//!
//! An editor knows of a block only what its expansion contains. It runs the macro in a server of its own, where the expansion gets further items, which the
//! compiler never sees: for each word of the block an item of that name at the word's place, with the documentation that is shown where the cursor rests on
//! it. While a word is typed, the server expands the block once more with a mark at the cursor, and looks the marked word up among the words that may
//! stand there.

mod completion;
mod shown;

pub use completion::{has_cursor, offers};
pub use shown::{network, templates};

#[cfg(test)]
mod tests;
