//! Tokens as the user would write them, for messages and documentation.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// The source text of tokens: `Conv2d(6, kernel = 5)`, `2 * super::WIDTH`.
pub fn of(tokens: impl ToTokens) -> String {
    let mut out = String::new();
    let mut previous = Previous::Opening;
    write(tokens.into_token_stream(), &mut out, &mut previous);
    out
}

/// A name without `r#`: what stands in paths of parameters.
pub fn plain(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// What stands before a token, as far as the space between them depends on it.
#[derive(Clone, Copy, PartialEq)]
enum Previous {
    /// Nothing, an opening bracket, `::`, `.` or a prefix operator: no space.
    Opening,
    /// A word or a literal: a space before another one, none before brackets.
    Word,
    /// A closing bracket.
    Closing,
    /// An operator or a comma: a space.
    Operator,
    /// The first half of a two-character operator.
    Joint,
}

fn write(tokens: TokenStream, out: &mut String, previous: &mut Previous) {
    let mut tokens = tokens.into_iter().peekable();
    let mut generics = 0;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                let brace = group.delimiter() == Delimiter::Brace;
                if *previous == Previous::Operator || (brace && *previous != Previous::Opening) {
                    out.push(' ');
                }
                out.push_str(open);
                if group.delimiter() != Delimiter::None {
                    *previous = Previous::Opening;
                }
                write(group.stream(), out, previous);
                out.push_str(close);
                if group.delimiter() != Delimiter::None {
                    *previous = Previous::Closing;
                }
            }
            TokenTree::Punct(punct) => {
                let sign = punct.as_char();
                // `::<u8>`, `Encoder<64>`
                if sign == '<' && (out.ends_with("::") || ends_in_type(out)) {
                    out.push(sign);
                    generics += 1;
                    *previous = Previous::Opening;
                    continue;
                }
                if sign == '>' && generics > 0 {
                    out.push(sign);
                    generics -= 1;
                    *previous = Previous::Closing;
                    continue;
                }
                let joint = punct.spacing() == Spacing::Joint && matches!(tokens.peek(), Some(TokenTree::Punct(_)));
                let path = sign == ':' && (joint || *previous == Previous::Joint) && (out.ends_with(':') || joint);
                let tight = path || matches!(sign, ',' | ';' | '.' | '?') || *previous == Previous::Joint;
                let prefix = *previous == Previous::Opening || *previous == Previous::Operator;
                if !(tight || *previous == Previous::Opening) {
                    out.push(' ');
                }
                out.push(sign);
                *previous = if joint {
                    Previous::Joint
                } else if path || sign == '.' || (prefix && matches!(sign, '-' | '!' | '&' | '*')) {
                    Previous::Opening
                } else {
                    Previous::Operator
                };
            }
            word => {
                if matches!(*previous, Previous::Word | Previous::Closing | Previous::Operator) {
                    out.push(' ');
                }
                out.push_str(&word.to_string());
                *previous = Previous::Word;
            }
        }
    }
}

/// Whether the last word is written like a type name.
fn ends_in_type(out: &str) -> bool {
    let word = out.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    #[test]
    fn as_written() {
        for text in [
            "Conv2d(6, kernel = 5, padding = (1, 2))",
            "Linear(2 * super::WIDTH -> 10)",
            "LeakyReLU(negative_slope = -0.2)",
            "::std::mem::size_of::<u8>() + A.len() - -B",
            "[1, 28, _]",
            "if A <= 3 { 1 } else { B[0] }",
            "Tanh",
            "my::Unit<>()",
            "nets::Wide<8, { A + 1 }>(left, right)",
        ] {
            let tokens: proc_macro2::TokenStream = text.parse().unwrap();
            assert_eq!(super::of(tokens), text);
        }
    }
}
