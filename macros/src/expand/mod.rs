//! Prints a network. Nothing here decides whether something is allowed.

mod docs;
mod facts;
mod forward;
mod modules;
mod op;
mod sizes;
mod structure;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub use op::{decided, symbolic};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};

use crate::flow::Flow;
use crate::report::Report;
use crate::shape::Model;

/// All items of a network.
pub fn network(path: &TokenStream, model: &Model, report: &Report) -> TokenStream {
    let printer = Printer::new(path, model, report);
    let cfgs: Vec<_> = model.network.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
    let mut items = vec![printer.structure()];
    items.extend(printer.sizes());
    items.push(printer.facts());
    items.push(printer.build());
    items.extend(printer.forward());
    items.extend(printer.modules());
    items.into_iter().map(|item| quote!(#(#cfgs)* #item)).collect()
}

/// What all items name.
struct Printer<'a> {
    model: &'a Model<'a>,
    /// The mistakes, as calls of `compile_error!`; empty if there are none.
    mistakes: TokenStream,
    /// `$crate::__private`
    k: TokenStream,
    /// `$crate::__private::ir`
    ir: TokenStream,
    name: &'a Ident,
    /// The generic parameters: dtype, device, batch.
    e: Ident,
    d: Ident,
    b: Ident,
}

/// The name of a generic parameter: a network may itself be called `E`.
fn parameter(word: &str, network: &Ident) -> Ident {
    if network == word { format_ident!("{word}_") } else { Ident::new(word, Span::call_site()) }
}

/// Moves code to a place, without changing what its names mean. Where the compiler speaks of generated code, it then points to the
/// network's name instead of the whole block, and says the same only once.
fn at(tokens: TokenStream, place: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = TokenTree::Group(Group::new(group.delimiter(), at(group.stream(), place)));
            }
            token.set_span(token.span().located_at(place));
            token
        })
        .collect()
}

impl<'a> Printer<'a> {
    fn new(path: &TokenStream, model: &'a Model<'a>, report: &Report) -> Self {
        let name = &model.network.name;
        Self {
            model,
            mistakes: report.to_tokens(),
            k: quote!(#path::__private),
            ir: quote!(#path::__private::ir),
            name,
            e: parameter("E", name),
            d: parameter("D", name),
            b: parameter("B", name),
        }
    }

    /// Moves code to the network's name.
    fn here(&self, tokens: TokenStream) -> TokenStream {
        at(tokens, self.name.span())
    }

    /// A const argument: braces around what is no literal.
    fn argument(&self, literal: bool, code: TokenStream) -> TokenStream {
        if literal { code } else { self.here(quote!({ #code })) }
    }

    /// `(B, Const<1>, Const<28>, Const<28>)`; None where the rank was lost in a mistake.
    fn shape_type(&self, flow: &Flow) -> Option<TokenStream> {
        let (k, b) = (&self.k, &self.b);
        let sizes = flow.dims.as_ref()?.iter().map(|dim| self.argument(dim.known().is_some(), dim.code()));
        Some(quote!((#b, #(#k::Const<#sizes>),*)))
    }
}
