//! A network's first line.

use proc_macro2::{Delimiter, Ident, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Token, Visibility};

use super::ports::ports;
use super::{EXAMPLE, colon, found, generics, group, next, onnx, steps, token};
use crate::ast::{Network, Ports};
use crate::report::Report;

/// One network; None if not even its name is valid.
///
/// ```text
/// network = attribute* visibility name (generics? ':' ports '->' ports '{' steps '}' | file)
/// ```
pub fn network(input: ParseStream, report: &mut Report) -> Option<Network> {
    let attrs = match input.call(Attribute::parse_outer) {
        Ok(attrs) => attrs,
        Err(error) => {
            report.push(error);
            skip_network(input);
            return None;
        }
    };
    if input.is_empty() {
        report.add(attrs.last(), "an attribute or doc comment without a network after it");
        return None;
    }
    let Ok(vis) = input.parse::<Visibility>() else {
        report.add(next(input), format_args!("expected a network: {EXAMPLE}"));
        skip_network(input);
        return None;
    };
    let name = name(input, report)?;
    let generics = generics::generics(input, report);
    if onnx::begins(input) {
        if let Some(generic) = generics.first() {
            report.add(
                &generic.name,
                format_args!("a network that is read from a file has no generic parameters; remove `{}`", generic.name),
            );
        }
        let file = onnx::file(input, report);
        return Some(Network { attrs, vis, name, generics: Vec::new(), inputs: None, outputs: None, steps: Vec::new(), file: Some(file) });
    }
    if !at_body(input) && !sign(input, ":", report) {
        report.add(next(input), format_args!("write `:` between the network's name and its shapes: {EXAMPLE}"));
    }
    let (inputs, outputs) = shapes(input, &name, report)?;
    let steps = body(input, &name, report)?;
    separator(input, report);
    Some(Network { attrs, vis, name, generics, inputs, outputs, steps, file: None })
}

/// The name, after a keyword that does not belong there.
fn name(input: ParseStream, report: &mut Report) -> Option<Ident> {
    if let (true, Some(TokenTree::Ident(word))) = (input.peek2(Ident::peek_any) && !input.peek3(Ident::peek_any), next(input)) {
        token(input);
        report.add(&word, format_args!("a network begins with its name, without `{word}`: {EXAMPLE}"));
    }
    match next(input) {
        Some(TokenTree::Ident(name)) if input.peek(syn::Ident) && !input.peek2(Ident::peek_any) => {
            token(input);
            Some(name)
        }
        Some(TokenTree::Ident(word)) if input.peek(syn::Ident) => {
            report.add(&word, format_args!("expected a network, {EXAMPLE}, but found `{word}`"));
            skip_network(input);
            None
        }
        Some(TokenTree::Ident(keyword)) => {
            report.add(&keyword, format_args!("`{keyword}` is a keyword of Rust and cannot name a network"));
            skip_network(input);
            None
        }
        other => {
            let text = format!("expected a network, {EXAMPLE}, but found {}", found(other.as_ref()));
            match other {
                Some(other) => report.add(other, text),
                None => report.at(input.span(), text),
            }
            skip_network(input);
            None
        }
    }
}

/// Consumes `:` or `->`, or a similar sign, which is reported. False if there is none.
fn sign(input: ParseStream, expected: &str, report: &mut Report) -> bool {
    let right = if expected == ":" { colon(input) } else { input.peek(Token![->]) };
    if !right && !matches!(next(input), Some(TokenTree::Punct(_))) {
        return false;
    }
    let mut tokens = proc_macro2::TokenStream::new();
    while let Some(TokenTree::Punct(_)) = next(input) {
        token(input).to_tokens(&mut tokens);
        if right && tokens.clone().into_iter().count() == expected.len() {
            break;
        }
    }
    if !right {
        report.add(&tokens, format_args!("write `{expected}` instead of `{}`: {EXAMPLE}", crate::text::of(&tokens)));
    }
    true
}

type Shapes = (Option<Ports>, Option<Ports>);

/// `Ports -> Ports`
fn shapes(input: ParseStream, name: &Ident, report: &mut Report) -> Option<Shapes> {
    if at_body(input) {
        report.add(
            name,
            format_args!("`{name}` has no input and output shape; write them without the batch: `{name}: [1, 28, 28] -> [10] {{ .. }}`"),
        );
        return Some((None, None));
    }
    let mistakes = report.len();
    let takes = ports(input, "the input", report);
    if takes.is_none() && report.len() > mistakes {
        skip_to_arrow(input);
    }
    if at_body(input) {
        let text = format!("`{name}` has no output shape; write `-> [10]` after its input, or `-> [_]` to infer it");
        report.add(
            takes.as_ref().and_then(|ports| ports.shapes().last()).map_or_else(|| name.to_token_stream(), |shape| shape.tokens.clone()),
            text,
        );
        return Some((takes, None));
    }
    if !sign(input, "->", report) {
        let other = next(input);
        let text = match &other {
            Some(TokenTree::Group(_)) => "write `->` between the input's shape and the output's".to_owned(),
            _ => format!("expected `->` and the output's shape, but found {}", found(other.as_ref())),
        };
        match other {
            Some(other) => {
                report.add(&other, text);
                // A word instead of the arrow.
                if !matches!(other, TokenTree::Group(_)) {
                    token(input);
                }
            }
            None => {
                report.add(name, format_args!("`{name}` ends before its output and its layers; a network is written {EXAMPLE}"));
                return None;
            }
        }
    }
    let gives = if at_body(input) {
        report.add(next(input), "the output's shape is missing after `->`; write `-> [10]`, or `-> [_]` to infer it");
        None
    } else {
        ports(input, "the output", report)
    };
    if gives.is_none() {
        while !input.is_empty() && !at_body(input) {
            token(input);
        }
    }
    Some((takes, gives))
}

/// Skips an invalid shape up to the arrow.
fn skip_to_arrow(input: ParseStream) {
    while !input.is_empty() && !input.peek(Token![->]) && !at_body(input) {
        token(input);
    }
}

fn at_body(input: ParseStream) -> bool {
    let Some(TokenTree::Group(group)) = next(input) else { return false };
    // `{ name: Shape }` as a shape is followed by an arrow or a body.
    group.delimiter() == Delimiter::Brace && !input.peek2(Token![->]) && !input.peek2(Token![=>]) && !input.peek2(syn::token::Brace)
}

fn body(input: ParseStream, name: &Ident, report: &mut Report) -> Option<Vec<crate::ast::Step>> {
    if let Some(body) = group(input, Delimiter::Brace) {
        return Some(steps::steps(&body, report));
    }
    match next(input) {
        Some(TokenTree::Group(wrong)) => {
            token(input);
            report.at(wrong.span_open(), format_args!("the layers of `{name}` go in braces: `{{ .. }}`"));
            Some(steps::steps(&wrong, report))
        }
        None => {
            report.add(name, format_args!("`{name}` has no layers; write them in braces after its shapes: {EXAMPLE}"));
            None
        }
        other => {
            report.add(&other, format_args!("expected the layers of `{name}` in braces, but found {}", found(other.as_ref())));
            skip_network(input);
            None
        }
    }
}

/// Reports separators between two networks.
fn separator(input: ParseStream, report: &mut Report) {
    if input.peek(Token![,]) || input.peek(Token![;]) {
        let sign = token(input);
        report.add(&sign, format_args!("networks follow one another without {}", found(sign.as_ref())));
    }
}

/// Skips to the end of the next braces of this level.
pub(super) fn skip_network(input: ParseStream) {
    while let Some(taken) = token(input) {
        if matches!(taken, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace) {
            return;
        }
    }
}
