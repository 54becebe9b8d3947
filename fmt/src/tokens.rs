//! The tokens of a file.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or a keyword.
    Word,
    /// A number, a string or a lifetime.
    Literal,
    /// A comment up to the end of the line, or a block comment. Documentation comments are comments too.
    Comment,
    /// A bracket.
    Open,
    Close,
    /// Anything else.
    Mark,
}

/// A token, and the white space before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub text: &'a str,
    pub kind: Kind,
    /// The position in the file, in bytes.
    pub start: usize,
    /// The number of line breaks before it.
    pub breaks: usize,
    /// Whether there is white space before it.
    pub spaced: bool,
}

impl Token<'_> {
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is a comment after which the line ends.
    pub fn is_line_comment(&self) -> bool {
        self.kind == Kind::Comment && self.text.starts_with("//")
    }

    pub fn is(&self, text: &str) -> bool {
        self.text == text && self.kind != Kind::Comment
    }
}

/// Marks of several characters, the longest first.
const LONG: [&str; 11] = ["..=", "->", "=>", "::", "..", "==", "!=", "<=", ">=", "&&", "||"];

/// The tokens of a file. White space is not a token; marks of several characters, such as `->`, are one.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut breaks, mut spaced) = (0, 0, true);
    let mut until = 0;
    for token in tokenize(source, FrontmatterAllowed::No) {
        let (start, len) = (at, token.len as usize);
        at += len;
        // A part of a mark of several characters.
        if start < until {
            continue;
        }
        let text = &source[start..at];
        let kind = match token.kind {
            TokenKind::Whitespace => {
                breaks += text.matches('\n').count();
                spaced = true;
                continue;
            }
            TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => Kind::Comment,
            TokenKind::Ident | TokenKind::RawIdent | TokenKind::InvalidIdent | TokenKind::UnknownPrefix => Kind::Word,
            TokenKind::Literal { .. } | TokenKind::Lifetime { .. } | TokenKind::RawLifetime | TokenKind::UnknownPrefixLifetime => {
                Kind::Literal
            }
            TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace => Kind::Open,
            TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace => Kind::Close,
            _ => Kind::Mark,
        };
        let long = LONG.iter().find(|long| kind == Kind::Mark && source[start..].starts_with(**long));
        let text = long.map_or(text, |long| &source[start..start + long.len()]);
        until = start + text.len();
        tokens.push(Token { text, kind, start, breaks, spaced });
        (breaks, spaced) = (0, false);
    }
    tokens
}
