//! Templates: bodies with parameters, declared next to the networks of a block.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Token, Visibility};

use super::{found, group, inside, layer, next, skip_to_comma, steps, token, word_then_equals};
use crate::ast::{Param, Template};
use crate::layers;
use crate::report::Report;

/// An example of a template, for messages.
const EXAMPLE: &str = "`block DoubleConv(channels, kernel = 3) { .. }`";

/// Whether a template begins here. A network may also be named `block`.
pub fn begins(input: ParseStream) -> bool {
    let input = &input.fork();
    // Its documentation.
    while input.peek(Token![#]) && token(input).is_some() && group(input, Delimiter::Bracket).is_some() {}
    if input.parse::<Visibility>().is_err() {
        return false;
    }
    let Some(TokenTree::Ident(word)) = next(input) else { return false };
    let misspelt = || {
        let head = input.peek2(syn::Ident) && (input.peek3(syn::token::Paren) || input.peek3(syn::token::Brace));
        head && crate::spelling::nearest(&word.to_string(), &["block"]).is_some()
    };
    (word == "block" && !input.peek2(Token![:]) && !input.peek2(Token![<])) || misspelt()
}

/// One template; None if its name or body is invalid.
///
/// ```text
/// template = doc* visibility 'block' word params? '{' steps '}'
/// ```
pub fn template(input: ParseStream, report: &mut Report) -> Option<Template> {
    let docs = steps::docs(input, "templates take doc comments", report);
    let vis = input.parse().unwrap_or(Visibility::Inherited);
    let keyword = token(input);
    if let Some(TokenTree::Ident(word)) = &keyword
        && word != "block"
    {
        report.add(word, format_args!("a template begins with `block`, but found `{word}`\nhelp: write `block`"));
    }
    let name = match next(input) {
        Some(TokenTree::Ident(name)) if input.peek(syn::Ident) => {
            token(input);
            name
        }
        other => {
            let text = format!("`block` is followed by the template's name, {EXAMPLE}, but found {}", found(other.as_ref()));
            report.add(other.or(keyword), text);
            super::header::skip_network(input);
            return None;
        }
    };
    if layers::find(&name.to_string()).is_some() || layers::is_combinator(&name.to_string()) {
        report.add(&name, format_args!("`{name}` is a built-in layer; give the template another name"));
    }
    if layer::KEYWORDS.contains(&name.to_string().as_str()) {
        report.add(&name, format_args!("`{name}` is a keyword of `network!`; give the template another name"));
    }
    let parentheses = group(input, Delimiter::Parenthesis);
    let params = parentheses.as_ref().map_or_else(Vec::new, |params| self::params(params, &name, report));
    if input.peek(Token![->]) {
        report.add(
            input.parse::<Token![->]>().ok(),
            format_args!("a template has no input and output shape of its own; write `{name}(..) {{ .. }}`"),
        );
        while !input.is_empty() && !input.peek(syn::token::Brace) {
            token(input);
        }
    }
    match group(input, Delimiter::Brace) {
        Some(body) => {
            let steps = steps::steps(&body, report);
            unused(&params, &body, &name, report);
            let tokens = quote!(#(#docs)* block #name #parentheses #body);
            Some(Template { docs, vis, name, params, steps, tokens })
        }
        None => {
            let other = next(input);
            let text = format!("expected the layers of the template `{name}` in braces, but found {}", found(other.as_ref()));
            match other {
                Some(other) => report.add(other, text),
                None => report.add(&name, text),
            }
            super::header::skip_network(input);
            None
        }
    }
}

/// Reports the first unused parameter.
fn unused(params: &[Param], body: &Group, template: &Ident, report: &mut Report) {
    for (i, param) in params.iter().enumerate() {
        let defaults = params[i + 1..].iter().filter_map(|param| param.default.as_ref());
        if !mentions(body.stream(), &param.name) && !defaults.into_iter().any(|default| mentions(default.to_token_stream(), &param.name)) {
            report.add(&param.name, format_args!("the argument `{}` of `{template}` is never used; remove it", param.name));
            // One message: several unused parameters usually have the same cause.
            return;
        }
    }
}

fn mentions(tokens: TokenStream, word: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(other) => other == *word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        _ => false,
    })
}

/// ```text
/// params = '(' (param (',' param)* ','?)? ')'
/// param  = word ('=' expression)?
/// ```
fn params(group: &Group, template: &Ident, report: &mut Report) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
    inside(group.stream(), report, |input, report| {
        while !input.is_empty() {
            match param(input, report) {
                Some(param) if params.iter().any(|other| other.name == param.name) => {
                    report.add(&param.name, format_args!("two arguments of `{template}` are named `{}`", param.name));
                }
                Some(param) => {
                    let optional = params.iter().any(|other| other.default.is_some());
                    if param.default.is_none() && optional {
                        report.add(&param.name, format_args!("`{}` has no default and must come before those that have one", param.name));
                    }
                    params.push(param);
                }
                None => skip_to_comma(input),
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                let other = next(input);
                report.add(&other, format_args!("expected `,` after an argument of `{template}`, but found {}", found(other.as_ref())));
                // Two adjacent parameters: a comma is missing.
                if !input.peek(syn::Ident) {
                    skip_to_comma(input);
                    let _ = input.parse::<Token![,]>();
                }
            }
        }
    });
    params
}

fn param(input: ParseStream, report: &mut Report) -> Option<Param> {
    let other = next(input);
    if !input.peek(syn::Ident) {
        report.add(&other, format_args!("an argument of a template is a word, as in {EXAMPLE}, but found {}", found(other.as_ref())));
        return None;
    }
    let defaulted = word_then_equals(input);
    let name = Ident::parse_any(input).ok()?;
    if input.peek(Token![:]) {
        report.add(token(input), format_args!("the arguments of a template have no types; write `{name}` alone"));
        skip_to_comma(input);
        return Some(Param { name, default: None });
    }
    if !defaulted {
        return Some(Param { name, default: None });
    }
    let sign = token(input);
    let before = next(input);
    match input.parse::<Expr>() {
        Ok(default) => Some(Param { name, default: Some(default) }),
        Err(_) => {
            report.add(before.or(sign), format_args!("expected a default for `{name}` after `=`"));
            skip_to_comma(input);
            Some(Param { name, default: None })
        }
    }
}
