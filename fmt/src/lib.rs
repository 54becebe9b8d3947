//! Lays out the `network!` blocks of Rust files. `rustfmt` leaves the inside of a macro with braces as it is.
//!
//! [`format()`] changes spaces, line breaks, indentation and the comma after the last step of a list, nothing else: the tokens are compared before it returns. Line
//! breaks of the author stay, as with `gofmt`; a line that is too long is broken at its commas.
//!
//! | module | content |
//! |---|---|
//! | `tokens` | the tokens of a file, with what stood before each |
//! | `blocks` | where the `network!` blocks are, and which brackets belong together |
//! | `spacing` | whether a space stands between two tokens |
//! | `layout` | lines, their indentation, blank lines |
//! | `wrap` | where a long line is broken |

mod blocks;
mod error;
mod layout;
mod spacing;
mod tokens;
mod wrap;

pub use error::FormatError;

use tokens::{Kind, Token};

/// Lays out the `network!` blocks of a Rust file; everything else stays as it is. Lines of a block have at most `width` characters, where they can be broken
/// at a comma.
///
/// # Errors
/// Returns an error if brackets do not match.
pub fn format(source: &str, width: usize) -> Result<String, FormatError> {
    let tokens = tokens::tokens(source);
    let mut out = String::with_capacity(source.len() + source.len() / 16);
    let mut copied = 0;
    for block in blocks::find(source, &tokens)? {
        let (open, close) = (&tokens[block.open], &tokens[block.close]);
        out.push_str(&source[copied..open.end()]);
        copied = close.start;
        let inside = &tokens[block.open + 1..block.close];
        let text = layout::block(inside, block.indentation, width);
        if !same(inside, &tokens::tokens(&text)) {
            return Err(FormatError::Changed { line: line_of(source, open.start) });
        }
        out.push_str(&text);
    }
    out.push_str(&source[copied..]);
    Ok(out)
}

/// Whether two lists have the same tokens, apart from commas before a closing brace.
fn same(before: &[Token<'_>], after: &[Token<'_>]) -> bool {
    fn words<'a>(tokens: &'a [Token<'_>]) -> Vec<&'a str> {
        let mut words = Vec::with_capacity(tokens.len());
        for (i, token) in tokens.iter().enumerate() {
            let next = tokens[i + 1..].iter().find(|token| token.kind != Kind::Comment);
            if token.text != "," || next.is_none_or(|next| next.text != "}") {
                words.push(token.text.trim_end());
            }
        }
        words
    }
    words(before) == words(after)
}

/// The number of the line of a place, counted from 1.
fn line_of(source: &str, place: usize) -> usize {
    source[..place].matches('\n').count() + 1
}
