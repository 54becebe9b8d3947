//! The layers between a network's braces.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Token};

use super::args::args;
use super::shape::shape;
use super::{found, inside, next, skip_to_comma, token, word_then_colon, word_then_equals};
use crate::ast::{Action, Arg, Layer, Step};
use crate::layers;
use crate::report::Report;

/// Words that the language will give a meaning to.
const LATER: [&str; 14] =
    ["Residual", "Add", "Concat", "Mul", "Sub", "Max", "Split", "Repeat", "Embedding", "from", "output", "reuse", "block", "as"];

/// The steps of a body.
///
/// ```text
/// steps = (step (',' step)* ','?)?
/// ```
pub fn steps(body: &Group, report: &mut Report) -> Vec<Step> {
    let mut steps = Vec::new();
    inside(body.stream(), report, |input, report| {
        let mut semicolons = false;
        while !input.is_empty() {
            if input.peek(Token![,]) {
                report.add(token(input), "expected a layer before this comma; remove the comma");
                continue;
            }
            steps.push(step(input, report));
            separator(input, &mut semicolons, report);
        }
    });
    steps
}

/// Takes the `,` after a step, or reports what stands there instead.
fn separator(input: ParseStream, semicolons: &mut bool, report: &mut Report) {
    if input.is_empty() || input.parse::<Token![,]>().is_ok() {
        return;
    }
    let other = next(input);
    if input.peek(Token![;]) {
        // Who writes one writes them all: one message will do.
        if !std::mem::replace(semicolons, true) {
            report.add(&other, "layers are separated by `,`, not `;`");
        }
        token(input);
        return;
    }
    if input.peek(Token![as]) {
        report.add(&other, "`as` is not supported yet: a network is a chain of layers");
    } else if begins_step(input) {
        report.add(&other, format_args!("expected `,` between two layers, before {}", found(other.as_ref())));
        return;
    } else {
        report.add(&other, format_args!("expected `,` after a layer, but found {}", found(other.as_ref())));
    }
    skip_to_comma(input);
    let _ = input.parse::<Token![,]>();
}

fn begins_step(input: ParseStream) -> bool {
    input.peek(Ident::peek_any) || input.peek(Token![#])
}

/// One step.
///
/// ```text
/// step = doc* (name ':')? layer ('->' shape)?
/// ```
fn step(input: ParseStream, report: &mut Report) -> Step {
    let docs = docs(input, report);
    let name = name(input, report);
    let action = match layer(input, name.as_ref(), report) {
        Some(layer) => Action::Layer(layer),
        None => {
            while !input.is_empty() && !input.peek(Token![,]) && !input.peek(Token![;]) {
                token(input);
            }
            Action::Illegible
        }
    };
    let output = output(input, report);
    Step { docs, name, action, output }
}

fn docs(input: ParseStream, report: &mut Report) -> Vec<Attribute> {
    let mut docs = match input.call(Attribute::parse_outer) {
        Ok(docs) => docs,
        Err(error) => {
            report.push(error);
            token(input);
            Vec::new()
        }
    };
    docs.retain(|attr| {
        let doc = attr.path().is_ident("doc");
        if !doc {
            report.add(attr, "layers take doc comments, but no other attributes");
        }
        doc
    });
    docs
}

/// `name:`, if there is one.
fn name(input: ParseStream, report: &mut Report) -> Option<Ident> {
    if let (Some(TokenTree::Literal(literal)), true) = (next(input), input.peek2(Token![:])) {
        report.add(&literal, format_args!("a layer's name is a word without quotes, but found `{literal}`"));
        token(input);
        token(input);
        return None;
    }
    if word_then_colon(input) {
        let name = Ident::parse_any(input).ok();
        token(input);
        return name;
    }
    // `conv1 = Conv2d(6)` and `let conv1 = Conv2d(6)`
    let binding = if input.peek(Token![let]) { token(input) } else { None };
    if let Some(binding) = &binding {
        report.add(binding, "a layer is named by `name: Layer`, without `let`");
    }
    if word_then_equals(input) {
        let name = Ident::parse_any(input).ok();
        let sign = token(input);
        if binding.is_none() {
            report.add(sign, "a layer's name is followed by `:`, not `=`");
        }
        return name;
    }
    // `conv1 Conv2d(6)`: two words with the second a layer, and the first not.
    if let (Some(TokenTree::Ident(first)), true) = (next(input), input.peek2(syn::Ident))
        && layers::find(&first.to_string()).is_none()
        && !LATER.contains(&first.to_string().as_str())
    {
        let fork = input.fork();
        token(&fork);
        if let Some(TokenTree::Ident(second)) = next(&fork)
            && layers::resembles(&second.to_string())
        {
            token(input);
            report.add(&second, format_args!("expected `:` between the name `{first}` and the layer `{second}`"));
            return Some(first);
        }
    }
    None
}

/// A built-in layer.
///
/// ```text
/// layer = word args?
/// ```
fn layer(input: ParseStream, name: Option<&Ident>, report: &mut Report) -> Option<Layer> {
    let kind = match next(input) {
        Some(TokenTree::Ident(kind)) => kind,
        other => {
            let after = name.map_or_else(String::new, |name| format!(" after `{name}:`"));
            let text = format!("expected a layer{after}, such as `Linear(10)`, but found {}", found(other.as_ref()));
            match (&other, name) {
                (Some(TokenTree::Punct(comma)), Some(name)) if comma.as_char() == ',' => report.add(name, text),
                (Some(other), _) => report.add(other, text),
                (None, Some(name)) => report.add(name, text),
                (None, None) => report.at(input.span(), text),
            }
            return None;
        }
    };
    if input.peek2(Token![::]) {
        let path = path(input);
        report.add(&path, path_text(&path));
        return None;
    }
    if LATER.contains(&kind.to_string().as_str()) {
        report.add(&kind, format_args!("`{kind}` is not supported yet: a network is a chain of layers"));
        return None;
    }
    token(input);
    let mut tokens = kind.to_token_stream();
    if input.peek(Token![<]) {
        report.add(next(input), format_args!("sizes stand in round brackets: `{kind}(..)`"));
        return None;
    }
    if input.peek(Token![!]) {
        report.add(token(input), format_args!("a layer is no macro; write `{kind}` without `!`"));
    }
    let (args, illegible_args) = arguments(input, &kind, &mut tokens, report);
    Some(Layer { kind, args, illegible_args, tokens })
}

fn arguments(input: ParseStream, kind: &Ident, tokens: &mut TokenStream, report: &mut Report) -> (Vec<Arg>, bool) {
    match next(input) {
        Some(TokenTree::Group(group)) if group.delimiter() != Delimiter::None => {
            token(input);
            group.to_tokens(tokens);
            if group.delimiter() != Delimiter::Parenthesis {
                report.add(&group, format_args!("arguments stand in round brackets: `{kind}(..)`"));
            }
            args(&group, report)
        }
        _ => (Vec::new(), false),
    }
}

/// Takes a path and what follows it.
fn path(input: ParseStream) -> TokenStream {
    let mut tokens = TokenStream::new();
    while input.peek(Ident::peek_any) || input.peek(Token![::]) {
        token(input).to_tokens(&mut tokens);
    }
    tokens
}

fn path_text(path: &TokenStream) -> String {
    match path.clone().into_iter().find(|token| layers::find(&token.to_string()).is_some()) {
        Some(kind) => format!("a built-in layer is written without a path: `{kind}(..)`"),
        None => "other networks and custom layers inside a network are not supported yet".to_owned(),
    }
}

/// `-> Shape`, if there is one.
fn output(input: ParseStream, report: &mut Report) -> Option<crate::ast::ShapeExpr> {
    if input.peek(Token![=>]) {
        report.add(input.parse::<Token![=>]>().ok(), "the shape of a layer's output follows `->`, not `=>`");
    } else if input.parse::<Token![->]>().is_err() {
        return None;
    }
    let shape = shape(input, "the layer's output", report);
    if shape.is_none() {
        skip_to_comma(input);
    }
    shape
}
