//! From tokens to the [`crate::ast`]. Syntax errors are reported here, and parsing continues after them.

mod args;
mod combinators;
pub mod conditional;
mod control;
mod foreign;
mod generics;
mod header;
pub mod import;
mod layer;
mod onnx;
mod ports;
mod shape;
mod steps;
mod template;
#[cfg(test)]
mod tests;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::Token;
use syn::parse::{ParseStream, Parser};

use crate::ast::{Action, Network, Step, Template};
use crate::report::Report;

/// An example of a network, for messages.
const EXAMPLE: &str = "`Name: [1, 28, 28] -> [10] { .. }`";

/// The parts of a block, each with its mistakes.
#[derive(Debug, Default)]
pub struct Block {
    pub imports: Vec<import::Import>,
    pub networks: Vec<(Network, Report)>,
    pub templates: Vec<(Template, Report)>,
}

/// The content of `network! { .. }`. Mistakes outside its parts go to `report`.
///
/// ```text
/// block = given* (network | template)*
/// ```
pub fn block(tokens: TokenStream, report: &mut Report) -> Block {
    if tokens.is_empty() {
        report.at(Span::call_site(), format_args!("there is no network in this block; a network is written {EXAMPLE}"));
    }
    let mut block = Block::default();
    inside(tokens, report, |input, report| {
        block.imports = import::imports(input);
        while !input.is_empty() {
            if import::begins(input) {
                import::late(input, report);
                continue;
            }
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

/// The step that tokens are, without its name and tags: an argument that is a layer. None if they are something else.
pub fn action(tokens: TokenStream) -> Option<Action> {
    let (mut report, mut action) = (Report::default(), None);
    inside(tokens, &mut report, |input, report| {
        action = layer::action(input, None, report).filter(|_| input.is_empty());
    });
    action.filter(|_| report.len() == 0)
}

/// The steps in braces that tokens are: an argument that is a branch. None if they are something else.
pub fn branch(tokens: &TokenStream, report: &mut Report) -> Option<Vec<Step>> {
    braces(tokens).map(|group| steps::steps(&group, report))
}

/// The braces that tokens are.
pub fn braces(tokens: &TokenStream) -> Option<Group> {
    let mut tokens = tokens.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

/// Parses all of `tokens` with `parse`, which handles every mistake itself.
fn inside(tokens: TokenStream, report: &mut Report, parse: impl FnOnce(ParseStream, &mut Report)) {
    let parser = |input: ParseStream| {
        parse(input, report);
        // The remaining tokens were reported; without this, `syn` would report them again.
        rest(input);
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        report.push(error);
    }
}

/// Consumes all remaining tokens.
fn rest(input: ParseStream) -> TokenStream {
    input.parse().unwrap_or_default()
}

/// Consumes one token tree.
fn token(input: ParseStream) -> Option<TokenTree> {
    input.parse().ok()
}

/// The next token tree, without consuming it.
fn next(input: ParseStream) -> Option<TokenTree> {
    input.fork().parse().ok()
}

/// Consumes a group if one with this delimiter is next.
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

/// Whether the next token is this one, and not the start of a longer one (`:` of `::`, `=` of `==`).
fn colon(input: ParseStream) -> bool {
    input.peek(Token![:]) && !input.peek(Token![::])
}

/// Whether the next two tokens are a word and a single `:`.
fn word_then_colon(input: ParseStream) -> bool {
    input.peek2(Token![:]) && !input.peek2(Token![::]) && matches!(next(input), Some(TokenTree::Ident(_)))
}

/// Whether the next two tokens are a word and a single `=`.
fn word_then_equals(input: ParseStream) -> bool {
    input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>]) && matches!(next(input), Some(TokenTree::Ident(_)))
}

/// A token's name in messages.
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
