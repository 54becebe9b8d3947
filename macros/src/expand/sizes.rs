//! Sizes that only the compiler knows: constants for them, and calls of the shape rules with these constants.

use layercake_ir::Part;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::{Printer, op};
use crate::flow::{Flow, number};
use crate::init::{self, Stated};
use crate::layers::Kind;
use crate::lower::What;
use crate::shape::{Node, OutputRule, Rule, State, producer};

impl Printer<'_> {
    /// The helper type with its constants, and for each layer a constant that fails to compile if its shape rule reports a mistake. The two are
    /// separate, so that a mistake is reported once: the constants that types use never fail.
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
        let postponed = model.nodes.iter().any(|node| matches!(node.state, State::Rule(_)));
        if constants.is_empty() && !postponed {
            return Vec::new();
        }
        let mut checks = Vec::new();
        for &input in &model.input_rules {
            constants.push(self.input(input));
            let blame = (quote!(In), model.inputs[input].tokens.clone(), Vec::new());
            let outcome = format_ident!("INPUT_{input}_RESULT");
            checks.push(self.check(self.calls(&quote!(#outcome), [blame], "")));
        }
        for node in &model.nodes {
            if let State::Rule(rule) = &node.state {
                constants.push(self.rule(node, rule));
                let attempt = &rule.attempt;
                checks.push(self.check(self.calls(&quote!(#attempt.outcome), blames(node), &node.note)));
                if let Some(stated) = &node.init {
                    let outcome = format_ident!("{attempt}_INIT");
                    constants.push(self.init(node, stated, attempt, &outcome));
                    let blame = (quote!(INIT), stated.tokens.clone(), Vec::new());
                    checks.push(self.check(self.calls(&quote!(#outcome), [blame], &node.note)));
                }
            }
        }
        for (i, output) in model.stated.iter().enumerate() {
            constants.push(self.output(i, output));
            let blame = (quote!(Out), output.tokens.clone(), Vec::new());
            let outcome = format_ident!("D{i}_RESULT");
            checks.push(self.check(self.calls(&quote!(#outcome), [blame], &output.note)));
        }
        // One check for each `reuse`.
        let mut shared = model.shared.iter().copied().peekable();
        while let Some(first) = shared.next() {
            let again = model.nodes[first].again;
            let group = std::iter::once(first).chain(std::iter::from_fn(|| shared.next_if(|&next| model.nodes[next].again == again)));
            let calls = group.map(|node| {
                let outcome = format_ident!("SHARED_{node}");
                constants.push(self.shared(node, &outcome));
                let blame = (quote!(Layer), model.nodes[node].what.head(), Vec::new());
                self.calls(&quote!(#outcome), [blame], &model.nodes[node].note)
            });
            checks.push(self.check(calls.collect()));
        }
        // Named after the network, whose name may not be in camel case.
        let helper = quote! {
            #[allow(non_camel_case_types)]
            struct #owner;
        };
        // A constant expression that overflows is reported by the evaluation; the lints would repeat it. A gain may be
        // sqrt(2), for which clippy would suggest a constant.
        let constants = quote! {
            #[allow(dead_code, arithmetic_overflow, unconditional_panic, clippy::approx_constant)]
            impl #owner { #(#constants)* }
        };
        [helper, constants].into_iter().chain(checks).collect()
    }

    fn input(&self, input: usize) -> TokenStream {
        let ir = &self.ir;
        let port = &self.model.inputs[input];
        let (sizes, name, new) = (self.stated(&port.flow), &port.name, port.flow.maker());
        let [stated, outcome, agreed] = ["_STATED", "_RESULT", ""].map(|what| format_ident!("INPUT_{input}{what}"));
        self.here(quote! {
            const #stated: #ir::Shape = #ir::Shape::#new(&[#(#sizes),*]);
            const #outcome: ::core::result::Result<(), #ir::Mistake> = #ir::check_input(#name, &Self::#stated);
            const #agreed: #ir::Shape = Self::#stated.unless(&Self::#outcome);
        })
    }

    /// The check of a layer's `init`.
    fn init(&self, node: &Node, stated: &Stated, attempt: &Ident, outcome: &Ident) -> TokenStream {
        let (ir, layer) = (&self.ir, &node.name);
        let rule = init::code(&quote!(#ir::), &stated.init);
        self.here(quote! {
            const #outcome: ::core::result::Result<(), #ir::Mistake> = match &Self::#attempt.outcome {
                ::core::result::Result::Ok((op, _)) => #rule.check(
                    op,
                    &#ir::Site { layer: #layer, source: "", flattened: ::core::option::Option::None, others: &[], exact: false },
                ),
                // Reported separately.
                ::core::result::Result::Err(_) => ::core::result::Result::Ok(()),
            };
        })
    }

    /// The check that a reused layer fits its tensors.
    fn shared(&self, index: usize, outcome: &Ident) -> TokenStream {
        let ir = &self.ir;
        let node = &self.model.nodes[index];
        let Some(owner) = node.shares.map(|owner| &self.model.nodes[owner]) else { return TokenStream::new() };
        let prefix = quote!(#ir::);
        let [own, theirs] = [node, owner].map(|node| self.operation(&prefix, node));
        let (layer, name) = (&node.name, &owner.name);
        let source = self.source(node.inputs[0]);
        self.here(quote! {
            const #outcome: ::core::result::Result<(), #ir::Mistake> = #ir::check_shared(
                &#own,
                &#theirs,
                #name,
                &#ir::Site { layer: #layer, source: #source, flattened: ::core::option::Option::None, others: &[], exact: false },
            );
        })
    }

    /// The name of the input or layer of a value, for messages; empty for the network's only input.
    fn source(&self, value: usize) -> &str {
        let inputs = &self.model.inputs;
        match producer(inputs.len(), &self.model.nodes, value) {
            None if inputs.len() == 1 && inputs[0].name == "input" => "",
            None => &inputs[value].name,
            Some(node) => &self.model.nodes[node].name,
        }
    }

    /// Sizes as the user stated them, [`layercake_ir::INFER`] for `_`.
    fn stated(&self, flow: &Flow) -> Vec<TokenStream> {
        let ir = &self.ir;
        let sizes = flow.dims.iter().flatten();
        sizes
            .map(|dim| match dim {
                crate::flow::Dim::Known(_) | crate::flow::Dim::Param(_) => dim.code(),
                crate::flow::Dim::Named { code, .. } => quote!(#ir::stated(#code)),
                crate::flow::Dim::Unknown => quote!(#ir::INFER),
            })
            .collect()
    }

    fn rule(&self, node: &Node, rule: &Rule) -> TokenStream {
        let ir = &self.ir;
        let Rule { attempt, inputs, sources, flattened, exact } = rule;
        let operation = match &node.what {
            What::Network { network, outputs } => {
                let (path, outputs, k) = (&network.path, number(*outputs), &self.k);
                let own = network.generics.as_ref().filter(|generics| !generics.is_empty()).map(|generics| quote!(#generics,));
                // As a type with the field's span, so that the compiler reports an unresolved path once.
                let rest = self.here(quote!(<#own f32, #k::Cpu>>::GRAPH, outputs: #outputs));
                let open = self.here(quote!(graph: <));
                let [op, fields] = [quote!(#ir::Op::Subgraph), quote!(#ir::ops::Subgraph)].map(|path| self.here(path));
                quote!(#op(#fields { #open #path #rest }))
            }
            What::Layer { row, .. } => self.here(op::symbolic(&quote!(#ir::), row, &node.settings, &self.model.symbols)),
            What::Custom(_) | What::Lost(_) => return TokenStream::new(),
        };
        let inputs: Vec<TokenStream> = inputs.iter().map(|input| input.code(ir)).collect();
        let (source, others, layer) = (&sources[0], &sources[1..], &node.name);
        let flattened = match flattened {
            Some(flow) => {
                let shape = flow.code(ir);
                quote!(::core::option::Option::Some(#shape))
            }
            None => quote!(::core::option::Option::None),
        };
        let head = self.here(quote!(const #attempt: #ir::Attempt =));
        let rest = self.here(quote! {
            .attempt(&[#(#inputs),*], &#ir::Site { layer: #layer, source: #source, flattened: #flattened, others: &[#(#others),*], exact: #exact });
        });
        let further = (1..node.outputs.len()).map(|index| {
            let (further, index) = (format_ident!("{attempt}_{index}"), number(index));
            quote!(const #further: #ir::Shape = Self::#attempt.decided.0.output(#index, &[#(#inputs),*], &Self::#attempt.decided.1);)
        });
        let further = self.here(further.collect());
        quote!(#head #operation #rest #further)
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
                &#ir::Site { layer: #layer, source: "", flattened: ::core::option::Option::None, others: &[], exact: false },
            );
            const #agreed: #ir::Shape = #found.unless(&Self::#outcome);
        })
    }

    /// A constant that fails to compile at the first failing call.
    fn check(&self, calls: TokenStream) -> TokenStream {
        let ir = &self.ir;
        // A check uses one or both.
        quote! {
            const _: () = {
                #[allow(unused_imports)]
                use #ir::{Part, blame, blame_in};
                #calls
            };
        }
    }

    /// Calls that fail at the tokens of the mistake's part.
    fn calls(&self, outcome: &TokenStream, blames: impl IntoIterator<Item = Blame>, note: &str) -> TokenStream {
        let owner = &self.model.symbols.owner;
        let (function, note) = if note.is_empty() { ("blame", None) } else { ("blame_in", Some(quote!(, #note))) };
        let calls = blames.into_iter().map(|(part, tokens, rest)| {
            let (first, last) = ends(tokens);
            // The compiler underlines the call of `blame` from its first token to its last.
            let blame = Ident::new(function, first);
            let arguments = self.here(quote!(&#owner::#outcome, Part::#part, &[#(Part::#rest),*] #note));
            let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
            arguments.set_span(last);
            quote_spanned!(first=> #blame #arguments;)
        });
        calls.collect()
    }
}

/// A part, its tokens, and the other parts that these tokens cover.
type Blame = (TokenStream, TokenStream, Vec<TokenStream>);

/// The parts of a layer and their tokens.
fn blames(node: &Node) -> Vec<Blame> {
    let mut blames = Vec::new();
    let mut unwritten = Vec::new();
    for setting in &node.settings.list {
        let Some(option) = node.row().and_then(|row| row.field(setting.name)) else { continue };
        let part = match option.part() {
            Part::Option(name) => quote!(Option(#name)),
            part => format_ident!("{part:?}").to_token_stream(),
        };
        match &setting.tokens {
            Some(tokens) => blames.push((part, tokens.clone(), Vec::new())),
            // A boolean or word with its default is always valid.
            None if matches!(option.kind, Kind::Bool | Kind::Word(_)) => {}
            None => unwritten.push(part),
        }
    }
    // The parts of a join's inputs are its branches or tags; the current tensor has none.
    for (i, operand) in node.operands.iter().enumerate().skip(1) {
        let i = number(i);
        blames.push((quote!(Branch(#i)), operand.clone(), Vec::new()));
    }
    blames.push((quote!(Layer), node.what.head(), unwritten));
    blames
}

/// The spans of the first and the last token.
fn ends(tokens: TokenStream) -> (Span, Span) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let place = |token: Option<&TokenTree>| token.map_or_else(Span::call_site, TokenTree::span);
    (place(tokens.first()), place(tokens.last()))
}
