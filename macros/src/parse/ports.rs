//! The inputs and outputs of a network: one shape, or several with names.

use proc_macro2::{Delimiter, Group, Ident, TokenTree};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

use super::shape::shape;
use super::{found, inside, next, skip_to_comma, token, word_then_colon};
use crate::ast::{NamedPort, Ports};
use crate::report::Report;

/// The longest tuple of tensors that dfdx supports.
const MOST: usize = 6;

/// ```text
/// ports = shape | '{' word ':' shape (',' word ':' shape)* ','? '}'
/// ```
///
/// `what` is "the input" or "the output".
pub fn ports(input: ParseStream, what: &str, report: &mut Report) -> Option<Ports> {
    match next(input) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            token(input);
            named(&group, what, report)
        }
        _ => shape(input, what, report).map(Ports::One),
    }
}

fn named(group: &Group, what: &str, report: &mut Report) -> Option<Ports> {
    let mut ports: Vec<NamedPort> = Vec::new();
    let mut sound = true;
    inside(group.stream(), report, |input, report| {
        while !input.is_empty() {
            match port(input, what, report) {
                Some(port) if ports.iter().any(|other| other.name == port.name) => {
                    report.add(&port.name, format_args!("{what} `{}` is declared twice; give this one another name", port.name));
                }
                Some(port) => ports.push(port),
                None => {
                    sound = false;
                    skip_to_comma(input);
                }
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                let other = next(input);
                report.add(&other, format_args!("expected `,` after {what}'s shape, but found {}", found(other.as_ref())));
                // Two adjacent ports: a comma is missing; `;` counts as one.
                if input.peek(Token![;]) {
                    token(input);
                } else if !word_then_colon(input) {
                    skip_to_comma(input);
                    let _ = input.parse::<Token![,]>();
                }
            }
        }
    });
    if ports.is_empty() {
        if sound {
            report.add(group, format_args!("{what} is missing in the braces: `{{ image: [3, 32, 32], mask: [1, 32, 32] }}`"));
        }
        return None;
    }
    if let Some(beyond) = ports.get(MOST) {
        report.add(&beyond.name, format_args!("a network has at most {MOST} inputs and {MOST} outputs"));
        ports.truncate(MOST);
    }
    sound.then_some(Ports::Named(ports))
}

fn port(input: ParseStream, what: &str, report: &mut Report) -> Option<NamedPort> {
    if !word_then_colon(input) {
        let other = next(input);
        let text = format!("in braces {what} has a name, `name: [1, 28, 28]`, but found {}", found(other.as_ref()));
        report.add(&other, text);
        return None;
    }
    let name = Ident::parse_any(input).ok()?;
    token(input);
    let sound = syn::parse_str::<Ident>(&name.to_string()).is_ok();
    if !sound {
        report.add(&name, format_args!("`{name}` is a keyword of Rust and cannot name {what}"));
    }
    let shape = shape(input, what, report);
    if shape.is_none() {
        skip_to_comma(input);
    }
    sound.then_some(NamedPort { name, shape })
}
