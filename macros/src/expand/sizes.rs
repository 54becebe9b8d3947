//! Sizes that only the compiler knows: constants for them, and the shape rules applied to those.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};

use super::{Printer, op};
use crate::flow::Flow;
use crate::layers::Kind;
use crate::names;
use crate::parts;
use crate::shape::{Node, OutputRule, Rule, State};

impl Printer<'_> {
    /// The helper type with its constants, and a constant for each layer that fails to compile if the layer's rule refuses. The two are
    /// apart so that a mistake shows once: what the types are made of never fails.
    pub(super) fn sizes(&self) -> Vec<TokenStream> {
        let model = self.model;
        let owner = &model.symbols.owner;
        let mut constants: Vec<TokenStream> = model
            .symbols
            .list
            .iter()
            .map(|(symbol, kind, expression)| {
                let ident = &symbol.ident;
                let ty = match kind {
                    Kind::Size | Kind::Pair | Kind::List { .. } | Kind::Word(_) => quote!(usize),
                    Kind::Float => quote!(f64),
                    Kind::Bool => quote!(bool),
                };
                quote!(const #ident: #ty = #expression;)
            })
            .collect();
        if constants.is_empty() {
            return Vec::new();
        }
        let mut checks = Vec::new();
        if model.input_rule {
            constants.push(self.input());
            if let Some(declared) = &model.network.input {
                let blame = (format_ident!("In"), declared.tokens.clone(), Vec::new());
                checks.push(self.check(&quote!(INPUT_RESULT), [blame]));
            }
        }
        for node in &model.nodes {
            if let State::Rule(rule) = &node.state {
                constants.push(self.rule(node, rule));
                let attempt = &rule.attempt;
                checks.push(self.check(&quote!(#attempt.outcome), blames(node)));
            }
        }
        for (i, output) in model.outputs.iter().enumerate() {
            constants.push(self.output(i, output));
            let blame = (format_ident!("Out"), output.tokens.clone(), Vec::new());
            let outcome = format_ident!("D{i}_RESULT");
            checks.push(self.check(&quote!(#outcome), [blame]));
        }
        let helper = quote! {
            #[allow(non_camel_case_types)]
            struct #owner;
        };
        // A constant expression that overflows is reported by the evaluation; the lints would say it again.
        let constants = quote! {
            #[allow(dead_code, arithmetic_overflow, unconditional_panic)]
            impl #owner { #(#constants)* }
        };
        [helper, constants].into_iter().chain(checks).collect()
    }

    fn input(&self) -> TokenStream {
        let ir = &self.ir;
        let sizes = self.stated(&self.model.input);
        self.here(quote! {
            const INPUT_STATED: #ir::Shape = #ir::Shape::new(&[#(#sizes),*]);
            const INPUT_RESULT: ::core::result::Result<(), #ir::Mistake> = #ir::check_input("input", &Self::INPUT_STATED);
            const INPUT: #ir::Shape = Self::INPUT_STATED.unless(&Self::INPUT_RESULT);
        })
    }

    /// Sizes as the user stated them, [`layercake_ir::INFER`] for `_`.
    fn stated(&self, flow: &Flow) -> Vec<TokenStream> {
        let ir = &self.ir;
        let sizes = flow.dims.iter().flatten();
        sizes
            .map(|dim| match dim {
                crate::flow::Dim::Known(size) => crate::flow::number(*size),
                crate::flow::Dim::Named { code, .. } => quote!(#ir::stated(#code)),
                crate::flow::Dim::Unknown => quote!(#ir::INFER),
            })
            .collect()
    }

    fn rule(&self, node: &Node, rule: &Rule) -> TokenStream {
        let ir = &self.ir;
        let Rule { attempt, input, source, flattened } = rule;
        let operation = op::symbolic(&quote!(#ir::), node.row, &node.settings, &self.model.symbols);
        let input = input.code(ir);
        let layer = names::plain(&node.name);
        let flattened = match flattened {
            Some(flow) => {
                let shape = flow.code(ir);
                quote!(::core::option::Option::Some(#shape))
            }
            None => quote!(::core::option::Option::None),
        };
        self.here(quote! {
            const #attempt: #ir::Attempt = #operation
                .attempt(&[#input], &#ir::Site { layer: #layer, source: #source, flattened: #flattened });
        })
    }

    fn output(&self, i: usize, output: &OutputRule) -> TokenStream {
        let ir = &self.ir;
        let (outcome, agreed) = (format_ident!("D{i}_RESULT"), format_ident!("D{i}"));
        let sizes = self.stated(&output.declared);
        let (found, layer) = (output.found.code(ir), &output.layer);
        self.here(quote! {
            const #outcome: ::core::result::Result<(), #ir::Mistake> = #ir::check_output(
                &#ir::Shape::new(&[#(#sizes),*]),
                &#found,
                &#ir::Site { layer: #layer, source: "", flattened: ::core::option::Option::None },
            );
            const #agreed: #ir::Shape = #found.unless(&Self::#outcome);
        })
    }

    /// A constant that fails to compile, at the tokens of the blamed part, if an outcome is a mistake.
    fn check(&self, outcome: &TokenStream, blames: impl IntoIterator<Item = Blame>) -> TokenStream {
        let (ir, owner) = (&self.ir, &self.model.symbols.owner);
        let calls = blames.into_iter().map(|(part, tokens, rest)| {
            let (first, last) = ends(tokens);
            // The compiler underlines the call of `blame` from its first token to its last.
            let blame = Ident::new("blame", first);
            let arguments = self.here(quote!(&#owner::#outcome, Part::#part, &[#(Part::#rest),*]));
            let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
            arguments.set_span(last);
            quote_spanned!(first=> #blame #arguments;)
        });
        quote! {
            const _: () = {
                use #ir::{Part, blame};
                #(#calls)*
            };
        }
    }
}

/// A part, its tokens, and the parts that its tokens stand for besides.
type Blame = (Ident, TokenStream, Vec<Ident>);

/// What a layer's rule can blame, and where.
fn blames(node: &Node) -> Vec<Blame> {
    let mut blames = Vec::new();
    let mut unwritten = Vec::new();
    for setting in &node.settings.list {
        let Some(part) = parts::of(node.row, setting.name) else { continue };
        let part = format_ident!("{part:?}");
        match &setting.tokens {
            Some(tokens) => blames.push((part, tokens.clone(), Vec::new())),
            None => unwritten.push(part),
        }
    }
    let kind = &node.layer.kind;
    blames.push((format_ident!("Layer"), quote!(#kind), unwritten));
    blames
}

/// The places of the first and the last token.
fn ends(tokens: TokenStream) -> (Span, Span) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let place = |token: Option<&TokenTree>| token.map_or_else(Span::call_site, TokenTree::span);
    (place(tokens.first()), place(tokens.last()))
}
