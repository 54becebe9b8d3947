//! Works out every shape. Where all sizes are numbers, the shape rules are asked at once; where one is a constant expression, the
//! question is put down as a [`Rule`] for the compiler to answer.

mod model;
mod rule;
mod stated;
#[cfg(test)]
mod tests;

use layercake_ir::{Shape, check_input};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

pub use model::{Model, Node, OutputRule, Rule, State};

use crate::ast::{Action, DimExpr, Network, ShapeExpr, Step};
use crate::flow::{Dim, Flow};
use crate::report::Report;
use crate::settings::{Num, Symbols};
use crate::{names, resolve};

/// Resolves every layer and works out every shape.
pub fn model<'a>(network: &'a Network, report: &mut Report) -> Model<'a> {
    let mut pass =
        Pass { symbols: Symbols::new(&network.name), report, input: Flow::UNKNOWN, nodes: Vec::new(), source: None, outputs: Vec::new() };
    let names = names::names(&network.steps, pass.report);
    let input_rule = pass.input(network);
    let mut current = pass.input.clone();
    for (step, name) in network.steps.iter().zip(names) {
        current = pass.step(step, name, &current);
    }
    let last = pass.nodes.last().map_or_else(String::new, |node| names::plain(&node.name));
    let output = match &network.output {
        Some(declared) => pass.network_output(declared, &current, &last),
        None => current,
    };
    let Pass { symbols, input, nodes, outputs, .. } = pass;
    Model { network, input, output, nodes, symbols, input_rule, outputs }
}

struct Pass<'a, 'r> {
    symbols: Symbols,
    report: &'r mut Report,
    input: Flow,
    nodes: Vec<Node<'a>>,
    /// The node that gave the current value; None for the input, and behind a step that is no layer.
    source: Option<usize>,
    outputs: Vec<OutputRule>,
}

impl<'a> Pass<'a, '_> {
    /// One step: adds its node, and gives what it yields.
    fn step(&mut self, step: &'a Step, name: Ident, current: &Flow) -> Flow {
        let Action::Layer(layer) = &step.action else {
            self.source = None;
            return self.stated(step);
        };
        let Some(row) = resolve::row(&layer.kind, self.report) else {
            self.source = None;
            return self.stated(step);
        };
        let plain = names::plain(&name);
        let settings = resolve::settings(row, layer, &plain, &mut self.symbols, self.report);
        let (state, mut output) = self.layer(row, layer, &settings, &plain, current);
        if let Some(declared) = &step.output {
            output = self.step_output(declared, output, &plain);
        }
        let inputs = vec![self.source.map_or(0, |node| node + 1)];
        self.source = Some(self.nodes.len());
        self.nodes.push(Node { name, step, layer, row, settings, state, inputs, output: output.clone() });
        output
    }

    /// Works out the input's shape. Must the compiler check it?
    fn input(&mut self, network: &Network) -> bool {
        let Some(declared) = &network.input else { return false };
        let (mut flow, _) = self.sizes(declared, false);
        let mut rule = false;
        if let Some(shape) = flow.known() {
            if let Err(mistake) = check_input("input", &shape) {
                self.report.add(refused(declared, &shape), mistake);
                flow.dims.iter_mut().flatten().for_each(|dim| *dim = Dim::Unknown);
            }
        } else if !flow.is_lost() {
            rule = true;
            let owner = &self.symbols.owner;
            flow.constant = Some(quote!(#owner::INPUT));
        }
        self.input = flow;
        rule
    }

    fn dim(&self, size: &Num<usize>) -> Dim {
        match size {
            Num::Known(size) => Dim::Known(*size),
            Num::Named(symbol) => Dim::Named { code: self.symbols.path(symbol), text: symbol.text.clone() },
        }
    }
}

/// What to underline where the input's shape is refused: the zero.
fn refused(declared: &ShapeExpr, shape: &Shape) -> TokenStream {
    let zero = declared.dims.iter().zip(shape.dims()).find(|(_, size)| **size == 0);
    match zero {
        Some((DimExpr::Size(size), _)) => size.to_token_stream(),
        _ => declared.tokens.clone(),
    }
}
