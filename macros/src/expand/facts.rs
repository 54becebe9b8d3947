//! The graph and what is known of the network without running it.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Printer, op};
use crate::flow::{Flow, number};
use crate::names;
use crate::shape::{Node, State};

impl Printer<'_> {
    pub(super) fn facts(&self) -> TokenStream {
        let Self { k, ir, name, .. } = self;
        let vis = &self.model.network.vis;
        let graph = self.graph();
        let shapes = [
            ("INPUT", "The shape of one sample of the input.", &self.model.input),
            ("OUTPUT", "The shape of one sample of the output.", &self.model.output),
        ];
        let shapes = shapes.into_iter().map(|(name, doc, flow)| {
            let name = proc_macro2::Ident::new(name, proc_macro2::Span::call_site());
            let sizes: Vec<TokenStream> = flow.dims.iter().flatten().map(|dim| dim.code()).collect();
            let rank = number(sizes.len());
            quote!(#[doc = #doc] #vis const #name: [usize; #rank] = [#(#sizes),*];)
        });
        let facts = quote! {
            #[allow(dead_code)]
            impl #name<f32, #k::Cpu> {
                /// The network as data.
                #vis const GRAPH: &'static #ir::Graph = #graph;
                #(#shapes)*
                /// The number of trained parameters.
                #vis const PARAMS: usize = Self::GRAPH.params();
                /// The floating-point operations of a forward pass for one sample, 2 for each multiply-add.
                #vis const FLOPS: u64 = Self::GRAPH.flops();
                /// The number of elements that a forward pass writes for one sample.
                #vis const ACTIVATIONS: usize = Self::GRAPH.activations();
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
        let input = self.port("input", &self.model.input, 0);
        let output = self.port("output", self.flow(self.model.nodes.len()), self.model.nodes.len());
        quote! {{
            #[allow(unused_imports)]
            use #ir::{Graph, Node, Op, Port, Shape, ops};
            use ::std::borrow::Cow::Borrowed;
            &Graph {
                name: Borrowed(#name),
                inputs: Borrowed(&[#input]),
                nodes: Borrowed(&[#(#nodes),*]),
                outputs: Borrowed(&[#output]),
            }
        }}
    }

    fn port(&self, name: &str, flow: &Flow, value: usize) -> TokenStream {
        let (shape, value) = (self.shape(flow), number(value));
        quote!(Port { name: Borrowed(#name), shape: #shape, value: #value })
    }

    fn node(&self, node: &Node) -> TokenStream {
        let name = names::plain(&node.name);
        let op = match &node.state {
            State::Decided(op) => op::decided(&TokenStream::new(), op),
            State::Rule(rule) => {
                let (owner, attempt) = (&self.model.symbols.owner, &rule.attempt);
                quote!(#owner::#attempt.decided.0)
            }
            // Not reached: there were mistakes.
            State::Lost => quote!(Op::Relu),
        };
        let inputs = node.inputs.iter().map(|&value| number(value));
        let output = self.shape(&node.output);
        quote!(Node { name: Borrowed(#name), op: #op, inputs: Borrowed(&[#(#inputs),*]), output: #output, shares: ::core::option::Option::None })
    }

    fn shape(&self, flow: &Flow) -> TokenStream {
        match flow.known() {
            Some(shape) => {
                let sizes = shape.dims().iter().map(|&size| number(size));
                quote!(Shape::new(&[#(#sizes),*]))
            }
            None => flow.code(&self.ir),
        }
    }
}
