//! A network's generic parameters.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

use super::{colon, next, token};
use crate::ast::Generic;
use crate::report::Report;

const HOW: &str = "write `const H: usize` for a size, or `T: Dim` for a length that is known at run time";

/// The parameters between `<` and `>`, if there are any.
///
/// ```text
/// generics = '<' generic (',' generic)* ','? '>'
/// generic  = 'const' word ':' 'usize' | word ':' 'Dim'
/// ```
pub fn generics(input: ParseStream, report: &mut Report) -> Vec<Generic> {
    let mut generics: Vec<Generic> = Vec::new();
    let Ok(open) = input.parse::<Token![<]>() else { return generics };
    loop {
        if input.parse::<Token![>]>().is_ok() {
            break;
        }
        let before = report.len();
        match generic(input, report) {
            Some(generic) if generics.iter().any(|other| other.name == generic.name) => {
                report.add(&generic.name, format_args!("two generic parameters are named `{}`", generic.name));
            }
            Some(generic) => generics.push(generic),
            None => {
                // One message for any token here.
                if report.len() == before {
                    report.add(next(input), format_args!("expected a generic parameter\nhelp: {HOW}"));
                }
            }
        }
        if report.len() > before {
            skip(input);
        }
        if input.parse::<Token![,]>().is_ok() || input.peek(Token![>]) {
            continue;
        }
        match next(input) {
            Some(other) if input.peek(Token![;]) => {
                report.add(&other, "generic parameters are separated by `,`");
                token(input);
            }
            _ => {
                report.add(open, "this `<` has no `>`");
                break;
            }
        }
    }
    generics
}

fn generic(input: ParseStream, report: &mut Report) -> Option<Generic> {
    let constant = input.parse::<Token![const]>().is_ok();
    if !(input.peek(syn::Ident) || (constant && input.peek(Ident::peek_any))) {
        return None;
    }
    let name = Ident::parse_any(input).ok()?;
    let mut bound = TokenStream::new();
    if input.parse::<Token![:]>().is_ok() {
        while !input.is_empty() && !ends(input) && !stops(input) {
            token(input).to_tokens(&mut bound);
        }
    }
    if syn::parse_str::<Ident>(&name.to_string()).is_err() {
        report.add(&name, format_args!("`{name}` cannot name a generic parameter"));
        return None;
    }
    if input.peek(Token![=]) {
        report.add(
            next(input),
            format_args!("the generic parameters of a network have no defaults; `{name}` is given where the network is used"),
        );
        skip(input);
    }
    let dim = matches!(bound.clone().into_iter().last(), Some(TokenTree::Ident(last)) if last == "Dim");
    match (constant, crate::text::of(&bound).as_str()) {
        (true, "usize") => Some(Generic { name, runtime: false }),
        (false, _) if dim => Some(Generic { name, runtime: true }),
        (true, other) => {
            let tokens = if bound.is_empty() { name.to_token_stream() } else { bound.clone() };
            let found = if other.is_empty() { "nothing".to_owned() } else { format!("`{other}`") };
            report.add(tokens, format_args!("`{name}` is a size and must be a `usize`, but is {found}\nhelp: write `const {name}: usize`"));
            Some(Generic { name, runtime: false })
        }
        (false, _) => {
            let bound = if bound.is_empty() { bound } else { quote::quote!(: #bound) };
            report.add(
                quote::quote!(#name #bound),
                format_args!("`{name}` is not a size\nhelp: write `const {name}: usize` for a size, or `{name}: Dim` for a length that is known at run time"),
            );
            Some(Generic { name, runtime: false })
        }
    }
}

/// Skips to the end of a parameter.
fn skip(input: ParseStream) {
    while !input.is_empty() && !ends(input) && !matches!(next(input), Some(TokenTree::Group(_))) {
        token(input);
    }
}

/// Whether the next token cannot be part of a bound.
fn stops(input: ParseStream) -> bool {
    input.peek(Token![=]) || input.peek(Token![;]) || colon(input) || matches!(next(input), Some(TokenTree::Group(_)))
}

fn ends(input: ParseStream) -> bool {
    input.peek(Token![,]) || input.peek(Token![>])
}
