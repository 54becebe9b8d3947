//! `for` and `if`.

use proc_macro2::{Delimiter, Ident, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Token};

use super::{found, group, next, steps, token};
use crate::ast::{Action, Step};
use crate::report::Report;
use crate::text;

/// Whether a word begins such a step.
pub fn begins(word: &str) -> bool {
    matches!(word, "for" | "if")
}

/// ```text
/// control = 'for' (word | '(' word (',' word)* ','? ')') 'in' expression '{' steps '}'
///         | 'if' expression '{' steps '}' ('else' ('{' steps '}' | control))?
/// ```
pub fn control(input: ParseStream, keyword: &Ident, report: &mut Report) -> Option<Action> {
    token(input);
    if keyword == "for" { repeated(input, keyword, report) } else { chosen(input, keyword, report) }
}

fn repeated(input: ParseStream, keyword: &Ident, report: &mut Report) -> Option<Action> {
    const HOW: &str = "for example `for channels in [64, 128, 256] { .. }`";
    let words = match group(input, Delimiter::Parenthesis) {
        Some(list) => list.stream().into_iter().filter_map(word).collect(),
        None => token(input).and_then(word).into_iter().collect::<Vec<_>>(),
    };
    if words.is_empty() || input.parse::<Token![in]>().is_err() {
        report.add(
            keyword,
            format_args!("`for` is followed by a word, `in` and a list, but found {}\nhelp: {HOW}", found(next(input).as_ref())),
        );
        return None;
    }
    let list = before_braces(input, keyword, "a list", report)?;
    let steps = body(input, keyword, report)?;
    if steps.is_empty() {
        report.add(keyword, "`for` has no layers");
    }
    Some(Action::For { keyword: keyword.clone(), words, list, steps })
}

fn chosen(input: ParseStream, keyword: &Ident, report: &mut Report) -> Option<Action> {
    let condition = before_braces(input, keyword, "a condition", report)?;
    let then = body(input, keyword, report)?;
    let mut otherwise = Vec::new();
    if input.parse::<Token![else]>().is_ok() {
        match next(input) {
            Some(TokenTree::Ident(word)) if word == "if" => {
                token(input);
                let action = chosen(input, &word, report)?;
                otherwise.push(Step { docs: Vec::new(), name: None, action, output: None, tags: Vec::new(), illegible_tags: false });
            }
            _ => otherwise = body(input, keyword, report)?,
        }
    }
    Some(Action::If { keyword: keyword.clone(), condition, then, otherwise })
}

fn word(token: TokenTree) -> Option<Ident> {
    match token {
        TokenTree::Ident(word) if syn::parse_str::<Ident>(&word.to_string()).is_ok() => Some(word),
        _ => None,
    }
}

/// An expression that is followed by braces.
fn before_braces(input: ParseStream, keyword: &Ident, what: &str, report: &mut Report) -> Option<Expr> {
    let mut tokens = proc_macro2::TokenStream::new();
    while !input.is_empty() && !input.peek(syn::token::Brace) && !input.peek(Token![;]) {
        token(input).to_tokens(&mut tokens);
    }
    if !input.peek(syn::token::Brace) {
        report.add(keyword, format_args!("the layers of `{keyword}` go in braces, but found {}", found(next(input).as_ref())));
        return None;
    }
    let shown = text::of(&tokens);
    match syn::parse2(tokens) {
        Ok(expression) => Some(expression),
        Err(_) if shown.is_empty() => {
            report.add(keyword, format_args!("`{keyword}` lacks {what} before its layers"));
            None
        }
        Err(error) => {
            report.add(keyword, format_args!("`{keyword}` takes {what}, but `{shown}` is not an expression: {error}"));
            None
        }
    }
}

fn body(input: ParseStream, keyword: &Ident, report: &mut Report) -> Option<Vec<Step>> {
    match group(input, Delimiter::Brace) {
        Some(body) => Some(steps::steps(&body, report)),
        None => {
            let other = next(input);
            report.add(keyword, format_args!("the layers of `{keyword}` go in braces, but found {}", found(other.as_ref())));
            None
        }
    }
}

/// Whether a step ends in braces, after which a comma may be left out, as in Rust.
pub fn ends_in_braces(step: &Step) -> bool {
    matches!(step.action, Action::For { .. } | Action::If { .. }) && step.tags.is_empty() && step.output.is_none()
}

/// Whether the next token begins a step.
pub fn follows(input: ParseStream) -> bool {
    input.peek(Ident::peek_any) && !input.peek(Token![as])
}
