//! Where the `network!` blocks of a file are.

use crate::tokens::{Kind, Token};
use crate::{FormatError, line_of};

/// A block: its braces, and the indentation of the line that it begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub open: usize,
    pub close: usize,
    /// Columns.
    pub indentation: usize,
}

/// All blocks of a file, in order.
pub(crate) fn find(source: &str, tokens: &[Token<'_>]) -> Result<Vec<Block>, FormatError> {
    let code: Vec<usize> = (0..tokens.len()).filter(|&i| tokens[i].kind != Kind::Comment).collect();
    let mut blocks = Vec::new();
    let mut next = 0;
    for three in code.windows(3) {
        let [name, mark, open] = [three[0], three[1], three[2]];
        if open < next || !tokens[name].is("network") || !tokens[mark].is("!") || !tokens[open].is("{") {
            continue;
        }
        let close = closing(source, tokens, open)?;
        next = close;
        blocks.push(Block { open, close, indentation: indentation(source, tokens[name].start) });
    }
    Ok(blocks)
}

/// The bracket that closes the one at `open`. All brackets between them match.
fn closing(source: &str, tokens: &[Token<'_>], open: usize) -> Result<usize, FormatError> {
    let bracket = |i: usize| tokens[i].text.chars().next().unwrap_or(' ');
    let mut unclosed = Vec::new();
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Open => unclosed.push(i),
            Kind::Close => {
                let partner = unclosed.pop().filter(|&open| matches!((bracket(open), bracket(i)), ('(', ')') | ('[', ']') | ('{', '}')));
                if partner.is_none() {
                    return Err(FormatError::Unopened { line: line_of(source, tokens[i].start), bracket: bracket(i) });
                }
                if unclosed.is_empty() {
                    return Ok(i);
                }
            }
            _ => {}
        }
    }
    let last = unclosed.pop().unwrap_or(open);
    Err(FormatError::Unclosed { line: line_of(source, tokens[last].start), bracket: bracket(last) })
}

/// The indentation of the line of a place, in columns; a tab counts four.
fn indentation(source: &str, place: usize) -> usize {
    let line = source[..place].rfind('\n').map_or(0, |end| end + 1);
    let blanks = source[line..].chars().take_while(|letter| matches!(letter, ' ' | '\t'));
    blanks.map(|letter| if letter == '\t' { 4 } else { 1 }).sum()
}
