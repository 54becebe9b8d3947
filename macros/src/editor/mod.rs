//! What an editor is told of a block, beside its items: documentation of words, where tags and templates come from, completions.
//!
//! An editor knows of a block only what its expansion contains. It runs the macro in a server of its own, where the expansion gets further items, which the
//! compiler never sees: for each word of the block an item of that name at the word's place, with the documentation that is shown where the cursor rests on
//! it. While a word is typed, the server expands the block once more with a mark at the cursor, and looks the marked word up among the words that may
//! stand there.

mod completion;
mod shown;

use std::sync::OnceLock;

pub use completion::{has_cursor, offers};
pub use shown::{network, templates};

/// Whether the macro runs for an editor: in rust-analyzer's server of macros, which has this variable.
pub fn is_listening() -> bool {
    static LISTENING: OnceLock<bool> = OnceLock::new();
    *LISTENING.get_or_init(|| std::env::var_os("RUST_ANALYZER_INTERNALS_DO_NOT_USE").is_some())
}

#[cfg(test)]
mod tests;
