//! From tokens to the [`crate::ast`]. Local slips are reported here, and parsing goes on behind them.

mod args;
mod combinators;
mod foreign;
mod generics;
mod header;
mod layer;
mod ports;
mod shape;
mod steps;
mod template;
#[cfg(test)]
mod tests;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::Token;
use syn::parse::{ParseStream, Parser};

use crate::ast::{Network, Template};
use crate::report::Report;

/// What a network looks like, for messages.
const EXAMPLE: &str = "`Name: [1, 28, 28] -> [10] { .. }`";

/// What a block holds, each part with the mistakes found in it.
#[derive(Debug, Default)]
pub struct Block {
    pub networks: Vec<(Network, Report)>,
    pub templates: Vec<(Template, Report)>,
}

/// The content of `network! { .. }`. What belongs to no part of it goes to `report`.
///
/// ```text
/// block = (network | template)*
/// ```
pub fn block(tokens: TokenStream, report: &mut Report) -> Block {
    if tokens.is_empty() {
        report.at(Span::call_site(), format_args!("there is no network in this block; a network is written {EXAMPLE}"));
    }
    let mut block = Block::default();
    inside(tokens, report, |input, report| {
        while !input.is_empty() {
            let mut mistakes = Report::default();
            if template::begins(input) {
                match template::template(input, &mut mistakes) {
                    Some(template) => block.templates.push((template, mistakes)),
                    None => report.append(&mut mistakes),
                }
                continue;
            }
            match header::network(input, &mut mistakes) {
                Some(network) => block.networks.push((network, mistakes)),
                None => report.append(&mut mistakes),
            }
        }
    });
    block
}

/// Parses all of `tokens` with `parse`, which handles every mistake itself.
fn inside(tokens: TokenStream, report: &mut Report, parse: impl FnOnce(ParseStream, &mut Report)) {
    let parser = |input: ParseStream| {
        parse(input, report);
        // What is left was reported; without this, `syn` would report it again.
        rest(input);
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        report.push(error);
    }
}

/// Takes all tokens that are left.
fn rest(input: ParseStream) -> TokenStream {
    input.parse().unwrap_or_default()
}

/// Takes one token tree.
fn token(input: ParseStream) -> Option<TokenTree> {
    input.parse().ok()
}

/// The next token tree, not taken.
fn next(input: ParseStream) -> Option<TokenTree> {
    input.fork().parse().ok()
}

/// Takes a group if one of this delimiter is next.
fn group(input: ParseStream, delimiter: Delimiter) -> Option<Group> {
    match next(input) {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => {
            token(input);
            Some(group)
        }
        _ => None,
    }
}

/// Skips to the next comma of this level, or to the end.
fn skip_to_comma(input: ParseStream) {
    while !input.is_empty() && !input.peek(Token![,]) {
        token(input);
    }
}

/// Is the next token this one, and not the beginning of a longer one (`:` of `::`, `=` of `==`)?
fn colon(input: ParseStream) -> bool {
    input.peek(Token![:]) && !input.peek(Token![::])
}

/// Are the next two tokens a word and a single `:`?
fn word_then_colon(input: ParseStream) -> bool {
    input.peek2(Token![:]) && !input.peek2(Token![::]) && matches!(next(input), Some(TokenTree::Ident(_)))
}

/// Are the next two tokens a word and a single `=`?
fn word_then_equals(input: ParseStream) -> bool {
    input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>]) && matches!(next(input), Some(TokenTree::Ident(_)))
}

/// A token as it is named in a message.
fn found(token: Option<&TokenTree>) -> String {
    match token {
        None => "the end".to_owned(),
        Some(TokenTree::Group(group)) => match group.delimiter() {
            Delimiter::Parenthesis => "`(`".to_owned(),
            Delimiter::Brace => "`{`".to_owned(),
            Delimiter::Bracket => "`[`".to_owned(),
            Delimiter::None => group.stream().into_iter().next().map_or_else(|| "nothing".to_owned(), |token| found(Some(&token))),
        },
        Some(token) => format!("`{token}`"),
    }
}
