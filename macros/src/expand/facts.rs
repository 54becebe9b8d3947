//! The graph constant and the facts about the network.

use std::collections::HashMap;

use layercake_ir::{Op, RUNTIME_LENGTH, Shape};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::{Printer, op};
use crate::flow::{Flow, number};
use crate::lower::What;
use crate::shape::{Node, Port, State};
use crate::{init, params};

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
        // A graph that is valid for the stand-ins of a parameter may be invalid for its value.
        let generic = self.mistakes.is_empty() && self.model.nodes.iter().any(|node| matches!(node.state, State::Generic(..)));
        let (unverified, graph) = match generic {
            true => (Some(quote!(const __UNVERIFIED: &'static #ir::Graph = #graph;)), quote!(Self::__UNVERIFIED.verified())),
            false => (None, graph),
        };
        // The parameters of custom layers are known at run time only. Nested networks may have some too.
        let may_have = self.fields().any(|(_, node)| matches!(node.what, What::Custom(_) | What::Network { .. }));
        let uncounted = may_have.then(|| {
            let note = "Without those of custom layers, which are known only at run time: `summary()` counts them.";
            quote!(#[doc = ""] #[doc = #note])
        });
        let customs = may_have.then(|| quote!(.with_custom(#k::custom_parts::<Self, f32, #k::Cpu>())));
        // Facts may be unused. Clippy would suggest a constant for a gain of sqrt(2).
        let facts = quote! {
            #[allow(dead_code, clippy::approx_constant)]
            impl<#consts> #name<#own f32, #k::Cpu> {
                #unverified
                /// The network as data.
                #lengths
                #vis const GRAPH: &'static #ir::Graph = #graph;
                #(#shapes)*
                /// The number of trained parameters.
                #uncounted
                #vis const PARAMS: usize = Self::GRAPH.params();
                /// The floating-point operations of a forward pass for one sample, 2 for each multiply-add.
                #vis const FLOPS: u64 = Self::GRAPH.flops();
                /// The number of elements that a forward pass writes for one sample.
                #vis const ACTIVATIONS: usize = Self::GRAPH.activations();
                /// The maximum number of elements that are alive at once in a forward pass for one sample.
                #vis const PEAK_ACTIVATIONS: usize = Self::GRAPH.peak_activations();
                /// The height and width of the input region that one element of the last image depends on.
                #vis const RECEPTIVE_FIELD: [usize; 2] = Self::GRAPH.receptive_field();
                /// The number of layers.
                #vis const LAYERS: usize = Self::GRAPH.layers();

                /// The layers with their shapes and parameters, as a table to be printed.
                #[must_use]
                #vis fn summary() -> #k::Summary {
                    #k::Summary::of(Self::GRAPH)#customs
                }

                /// A drawing of the layers and the tensors between them, to be written as SVG, DOT or Mermaid.
                #[must_use]
                #vis fn draw() -> #k::Drawing {
                    #k::Drawing::of(Self::GRAPH)#customs
                }
            }
        };
        // Mistakes are reported elsewhere.
        if self.mistakes.is_empty() { self.here(facts) } else { facts }
    }

    fn graph(&self) -> TokenStream {
        let mistakes = &self.mistakes;
        if !mistakes.is_empty() {
            // The mistakes are inside the constant: constants computed from it are then dropped silently instead of failing again.
            return quote!({ #mistakes ::core::panic!() });
        }
        let (ir, name) = (&self.ir, self.name.to_string());
        let name = name.strip_prefix("r#").unwrap_or(&name);
        let mut common = Common::default();
        let nodes: Vec<TokenStream> = self.model.nodes.iter().map(|node| self.node(node, &mut common)).collect();
        let inputs = self.model.inputs.iter().map(|port| self.port(port));
        let outputs = self.model.outputs.iter().map(|port| self.port(port));
        let common = common.list;
        // A graph uses some of these.
        quote! {{
            #[allow(unused_imports)]
            use #ir::{Fan, Graph, INFER, Init, Node, Op, Port, Shape, ops};
            use ::std::borrow::Cow::Borrowed;
            #(#common)*
            &Graph {
                name: Borrowed(#name),
                inputs: Borrowed(&[#(#inputs),*]),
                nodes: Borrowed(&[#(#nodes),*]),
                outputs: Borrowed(&[#(#outputs),*]),
            }
        }}
    }

    /// The note about lengths that are known at run time only.
    fn lengths_note(&self) -> Option<TokenStream> {
        let lengths: Vec<String> =
            self.model.params.iter().filter(|param| param.runtime).map(|param| format!("`{}`", param.name)).collect();
        let note = format!("Here and in the facts computed from it, {} is {RUNTIME_LENGTH}.", lengths.join(" and "));
        (!lengths.is_empty()).then(|| quote!(#[doc = ""] #[doc = #note]))
    }

    fn port(&self, port: &Port) -> TokenStream {
        let (name, shape, value) = (&port.name, self.shape(&port.flow), number(port.value));
        quote!(Port { name: Borrowed(#name), shape: #shape, value: #value })
    }

    fn node(&self, node: &Node, common: &mut Common) -> TokenStream {
        let name = &node.name;
        let op = match &node.state {
            State::Decided(op) => common.op(op),
            _ => self.operation(&TokenStream::new(), node),
        };
        let mut outputs = node.outputs.iter().map(|output| match output.known() {
            Some(shape) => common.shape(&shape, self.shape(output)),
            None => self.shape(output),
        });
        let (output, further, value) = (outputs.next(), outputs.collect::<Vec<_>>(), number(node.value));
        if let ([input], [], None, None) = (&node.inputs[..], &further[..], node.shares, &node.init) {
            let input = number(*input);
            return quote!(Node::of_one(#name, #op, #input, #value, #output));
        }
        let further = if further.is_empty() { quote!(Node::NONE) } else { quote!(Borrowed(&[#(#further),*])) };
        let inputs = node.inputs.iter().map(|&value| number(value));
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
        quote! {
            Node {
                name: Borrowed(#name),
                op: #op,
                inputs: Borrowed(&[#(#inputs),*]),
                value: #value,
                output: #output,
                further: #further,
                shares: #shares,
                init: #init,
            }
        }
    }

    /// A fully inferred operation, given a path that has `Op` and `ops`.
    pub(super) fn operation(&self, prefix: &TokenStream, node: &Node) -> TokenStream {
        match &node.state {
            State::Decided(op) => op::decided(prefix, op),
            State::Generic(op) => params::code(&self.model.params, op::decided(prefix, op)),
            State::Rule(rule) => {
                let (owner, attempt) = (&self.model.symbols.owner, &rule.attempt);
                quote!(#owner::#attempt.decided.0)
            }
            State::Custom => {
                let output = node.output().code(&self.ir);
                quote!(#prefix Op::Custom(#prefix ops::Custom { output: #output }))
            }
            // Not reached: there were mistakes.
            State::Lost => quote!(#prefix Op::Relu(#prefix ops::Relu {})),
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

/// Operations and shapes that occur repeatedly, as constants, so that each is emitted once.
#[derive(Default)]
struct Common {
    names: HashMap<String, Ident>,
    list: Vec<TokenStream>,
}

impl Common {
    fn op(&mut self, decided: &Op) -> TokenStream {
        self.constant(format!("{decided:?}"), |name| {
            let op = op::decided(&TokenStream::new(), decided);
            quote!(const #name: Op = #op;)
        })
    }

    fn shape(&mut self, shape: &Shape, code: TokenStream) -> TokenStream {
        self.constant(shape.to_string(), |name| quote!(const #name: Shape = #code;))
    }

    fn constant(&mut self, key: String, code: impl FnOnce(&Ident) -> TokenStream) -> TokenStream {
        let next = format_ident!("__C{}", self.names.len());
        let name = self.names.entry(key).or_insert_with(|| {
            self.list.push(code(&next));
            next
        });
        name.to_token_stream()
    }
}
