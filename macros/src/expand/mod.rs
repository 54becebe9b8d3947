//! Generates the items of a network. Nothing here checks the input.

mod docs;
mod drawing;
mod exports;
mod facts;
mod fields;
mod forward;
mod modules;
mod op;
mod pretrained;
mod sizes;
mod structure;
#[cfg(test)]
mod tests;

pub use docs::{costs, gives};
pub use exports::exports;
#[cfg(test)]
pub use op::{decided, symbolic};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::ast::Network;
use crate::flow::{Dim, Flow};
use crate::report::Report;
use crate::shape::{Model, Port};

/// All items of a network.
pub fn network(path: &TokenStream, model: &Model, report: &Report) -> TokenStream {
    let printer = Printer::new(path, model, report);
    let cfgs: Vec<_> = model.network.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
    let mut items = vec![printer.structure()];
    items.extend(printer.sizes());
    items.push(printer.facts());
    items.push(printer.build());
    items.extend(printer.pretrained());
    items.extend(printer.forward());
    items.extend(printer.modules());
    items.into_iter().map(|item| quote!(#(#cfgs)* #item)).collect()
}

/// The names that all items use.
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
    /// The user's const parameters, declared: `const H: usize,`.
    consts: TokenStream,
    /// The same, used: `H,`.
    own: TokenStream,
    /// The user's parameters that are known at run time, declared: `T: Dim,`.
    lengths: TokenStream,
}

/// The name of a generic parameter that does not clash with the network's name or the user's parameters.
fn parameter(word: &str, network: &Network) -> Ident {
    let mut word = word.to_owned();
    while network.name == word || network.generics.iter().any(|generic| generic.name == word) {
        word.push('_');
    }
    Ident::new(&word, Span::call_site())
}

/// Moves code to a span without changing its name resolution. Compiler messages about generated code then point to the
/// network's name instead of the whole block, and are not repeated.
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
        let k = quote!(#path::__private);
        let of = |runtime: bool| model.params.iter().filter(move |param| param.runtime == runtime).map(|param| &param.name);
        // A length that no input has, which is a mistake, would be an unused parameter.
        let comes_in = |param: &&Ident| {
            let dims = model.inputs.iter().flat_map(|port| port.flow.dims.iter().flatten());
            dims.into_iter().any(|dim| matches!(dim, Dim::Param(own) if own.name == **param))
        };
        let (constants, lengths) = (of(false), of(true).filter(comes_in));
        let own = of(false);
        Self {
            model,
            mistakes: report.to_tokens(),
            name,
            e: parameter("E", model.network),
            d: parameter("D", model.network),
            b: parameter("Batch", model.network),
            consts: quote!(#(const #constants: usize,)*),
            own: quote!(#(#own,)*),
            lengths: quote!(#(#lengths: #k::Dim,)*),
            k,
            ir: quote!(#path::__private::ir),
        }
    }

    /// Moves code to the span of the network's name. An editor would take all of it for what the name stands for.
    fn here(&self, tokens: TokenStream) -> TokenStream {
        if crate::host::is_editor() { tokens } else { at(tokens, self.name.span()) }
    }

    /// A const argument: in braces unless it is a literal.
    fn argument(&self, literal: bool, code: TokenStream) -> TokenStream {
        if literal { code } else { self.here(quote!({ #code })) }
    }

    /// `(Batch, Const<1>, Const<28>, Const<28>)`, with `usize` or a parameter for the batch; None if the rank is unknown after a mistake.
    fn shape_type(&self, flow: &Flow, batch: &TokenStream) -> Option<TokenStream> {
        let k = &self.k;
        let axes = flow.dims.as_ref()?.iter().map(|dim| match dim {
            Dim::Param(param) if param.runtime => param.name.to_token_stream(),
            dim => {
                let size = self.argument(!matches!(dim, Dim::Named { .. }), dim.code());
                quote!(#k::Const<#size>)
            }
        });
        Some(quote!((#batch, #(#axes),*)))
    }

    /// `Tensor<(Batch, Const<1>), E, D, Tape>` for each port.
    fn tensors(&self, ports: &[Port], tape: Option<&TokenStream>) -> Option<Vec<TokenStream>> {
        let Self { k, e, d, b, .. } = self;
        let tensor = |port: &Port| {
            let shape = self.shape_type(&port.flow, &b.to_token_stream())?;
            let e = if port.flow.ids { quote!(::core::primitive::usize) } else { e.to_token_stream() };
            Some(match tape {
                Some(tape) => quote!(#k::Tensor<#shape, #e, #d, #tape>),
                None => quote!(#k::Tensor<#shape, #e, #d>),
            })
        };
        ports.iter().map(tensor).collect()
    }

    /// Whether an input has token ids.
    fn has_ids(&self) -> bool {
        self.model.inputs.iter().any(|port| port.flow.ids)
    }

    /// One type, or a tuple of several.
    fn tuple(types: Vec<TokenStream>) -> TokenStream {
        match &types[..] {
            [one] => one.clone(),
            _ => quote!((#(#types),*)),
        }
    }
}
