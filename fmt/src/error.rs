//! Why a file cannot be laid out.

/// Why a file cannot be laid out. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// A bracket in a block is not closed.
    #[error("line {line}: `{bracket}` is not closed")]
    Unclosed {
        /// The line of the bracket.
        line: usize,
        /// The bracket.
        bracket: char,
    },
    /// A bracket closes nothing, or another kind of bracket.
    #[error("line {line}: `{bracket}` closes no bracket of its kind")]
    Unopened {
        /// The line of the bracket.
        line: usize,
        /// The bracket.
        bracket: char,
    },
    /// The block would have other tokens than before: a mistake of this crate.
    #[error("line {line}: this block cannot be laid out without changing its meaning; please report it")]
    Changed {
        /// The line of the block.
        line: usize,
    },
}
