//! The graph and what is known of the network without running it.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Printer, op};
use crate::flow::{Dim, Flow, RUNTIME_LENGTH, number};
use crate::init;
use crate::params;
use crate::shape::{Node, Port, State};

impl Printer<'_> {
    pub(super) fn facts(&self) -> TokenStream {
        let Self { k, ir, name, consts, own, .. } = self;
        let vis = &self.model.network.vis;
        let graph = self.graph();
        let shapes = [("INPUT", "input", &self.model.inputs), ("OUTPUT", "output", &self.model.outputs)];
        let shapes = shapes.into_iter().map(|(name, what, ports)| {
            let name = proc_macro2::Ident::new(name, proc_macro2::Span::call_site());
            let shape = |port: &Port| {
                let sizes: Vec<TokenStream> = port.flow.dims.iter().flatten().map(|dim| dim.code()).collect();
                let rank = number(sizes.len());
                (quote!([usize; #rank]), quote!([#(#sizes),*]))
            };
            let (types, values): (Vec<_>, Vec<_>) = ports.iter().map(shape).unzip();
            let (ty, value) = (Self::tuple(types), Self::tuple(values));
            let doc = match &ports[..] {
                [_] => format!("The shape of one sample of the {what}."),
                _ => {
                    let names: Vec<String> = ports.iter().map(|port| format!("`{}`", port.name)).collect();
                    format!("The shapes of one sample of the {what}s {}.", names.join(", "))
                }
            };
            quote!(#[doc = #doc] #vis const #name: #ty = #value;)
        });
        let lengths = self.lengths_note();
        // What was true of the numbers that stood in for a parameter may not be true of those that it is given.
        let generic = self.mistakes.is_empty() && self.model.nodes.iter().any(|node| matches!(node.state, State::Generic(..)));
        let (unverified, graph) = match generic {
            true => (Some(quote!(const __UNVERIFIED: &'static #ir::Graph = #graph;)), quote!(Self::__UNVERIFIED.verified())),
            false => (None, graph),
        };
        // Nobody has to use a fact. Of the gain of a layer's beginning, the root of 2, clippy would say that there is a constant for it.
        let facts = quote! {
            #[allow(dead_code, clippy::approx_constant)]
            impl<#consts> #name<#own f32, #k::Cpu> {
                #unverified
                /// The network as data.
                #lengths
                #vis const GRAPH: &'static #ir::Graph = #graph;
                #(#shapes)*
                /// The number of trained parameters.
                #vis const PARAMS: usize = Self::GRAPH.params();
                /// The floating-point operations of a forward pass for one sample, 2 for each multiply-add.
                #vis const FLOPS: u64 = Self::GRAPH.flops();
                /// The number of elements that a forward pass writes for one sample.
                #vis const ACTIVATIONS: usize = Self::GRAPH.activations();
                /// The most elements that are alive at once in a forward pass for one sample.
                #vis const PEAK_ACTIVATIONS: usize = Self::GRAPH.peak_activations();
                /// The height and width of the part of the input that one element of the last map sees.
                #vis const RECEPTIVE_FIELD: [usize; 2] = Self::GRAPH.receptive_field();
                /// The number of layers.
                #vis const LAYERS: usize = Self::GRAPH.nodes().len();

                /// The layers with their shapes and parameters, as a table to be printed.
                #[must_use]
                #vis fn summary() -> #k::Summary {
                    #k::Summary::of(Self::GRAPH)
                }

                /// A picture of the layers and what flows between them, to be written as SVG, DOT or Mermaid.
                #[must_use]
                #vis fn draw() -> #k::Drawing {
                    #k::Drawing::of(Self::GRAPH)
                }
            }
        };
        // Mistakes have places of their own.
        if self.mistakes.is_empty() { self.here(facts) } else { facts }
    }

    fn graph(&self) -> TokenStream {
        let mistakes = &self.mistakes;
        if !mistakes.is_empty() {
            // The mistakes stand inside the constant: whatever is worked out from it is silently given up, instead of failing again.
            return quote!({ #mistakes ::core::panic!() });
        }
        let (ir, name) = (&self.ir, self.name.to_string());
        let name = name.strip_prefix("r#").unwrap_or(&name);
        let nodes = self.model.nodes.iter().map(|node| self.node(node));
        let inputs = self.model.inputs.iter().map(|port| self.port(port));
        let outputs = self.model.outputs.iter().map(|port| self.port(port));
        // A graph uses some of these.
        quote! {{
            #[allow(unused_imports)]
            use #ir::{Fan, Graph, INFER, Init, Node, Op, Port, Shape, ops};
            use ::std::borrow::Cow::Borrowed;
            &Graph {
                name: Borrowed(#name),
                inputs: Borrowed(&[#(#inputs),*]),
                nodes: Borrowed(&[#(#nodes),*]),
                outputs: Borrowed(&[#(#outputs),*]),
            }
        }}
    }

    /// What stands in the constants for a length that is known when the network runs.
    fn lengths_note(&self) -> Option<TokenStream> {
        let lengths: Vec<String> =
            self.model.params.iter().filter(|param| param.runtime).map(|param| format!("`{}`", param.name)).collect();
        let note = format!("Here and in the numbers worked out from it, {} is {RUNTIME_LENGTH}.", lengths.join(" and "));
        (!lengths.is_empty()).then(|| quote!(#[doc = ""] #[doc = #note]))
    }

    fn port(&self, port: &Port) -> TokenStream {
        let (name, shape, value) = (&port.name, self.shape(&port.flow), number(port.value));
        quote!(Port { name: Borrowed(#name), shape: #shape, value: #value })
    }

    fn node(&self, node: &Node) -> TokenStream {
        let name = &node.name;
        let op = self.operation(&TokenStream::new(), node);
        let inputs = node.inputs.iter().map(|&value| number(value));
        let worked = node.output.dims.iter().flatten().any(|dim| matches!(dim, Dim::Worked { .. }));
        let output = if worked { self.ruled(node, &op) } else { self.shape(&node.output) };
        let shares = match node.shares {
            Some(owner) => {
                let owner = number(owner);
                quote!(::core::option::Option::Some(#owner))
            }
            None => quote!(Node::OWN),
        };
        let init = match &node.init {
            Some(stated) => {
                let rule = init::code(&TokenStream::new(), &stated.init);
                quote!(::core::option::Option::Some(#rule))
            }
            None => quote!(Init::DEFAULT),
        };
        quote!(Node { name: Borrowed(#name), op: #op, inputs: Borrowed(&[#(#inputs),*]), output: #output, shares: #shares, init: #init })
    }

    /// What the shape rule gives where the compiler asks it.
    fn ruled(&self, node: &Node, op: &TokenStream) -> TokenStream {
        let (ir, name) = (&self.ir, &node.name);
        let inputs = node.inputs.iter().map(|&value| self.shape(self.flow(value)));
        quote! {
            #op.attempt(
                &[#(#inputs),*],
                &#ir::Site { layer: #name, source: "", flattened: ::core::option::Option::None, others: &[] },
            ).decided.1
        }
    }

    /// An operation with nothing left to infer, given a path that has `Op` and `ops`.
    pub(super) fn operation(&self, prefix: &TokenStream, node: &Node) -> TokenStream {
        match &node.state {
            State::Decided(op) => op::decided(prefix, op),
            State::Generic(op) => params::code(&self.model.params, op::decided(prefix, op)),
            State::Rule(rule) => {
                let (owner, attempt) = (&self.model.symbols.owner, &rule.attempt);
                quote!(#owner::#attempt.decided.0)
            }
            State::Custom => {
                let output = node.output.code(&self.ir);
                quote!(#prefix Op::Custom(#prefix ops::Custom { output: #output }))
            }
            // Not reached: there were mistakes.
            State::Lost => quote!(#prefix Op::Relu),
        }
    }

    fn shape(&self, flow: &Flow) -> TokenStream {
        match &flow.dims {
            Some(dims) if !flow.is_named() && !flow.is_lost() => {
                let (new, sizes) = (flow.maker(), dims.iter().map(crate::flow::Dim::code));
                quote!(Shape::#new(&[#(#sizes),*]))
            }
            _ => flow.code(&self.ir),
        }
    }
}
