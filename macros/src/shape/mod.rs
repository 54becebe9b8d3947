//! Computes every shape. If all sizes are numbers, the shape rules are evaluated directly. If one is a constant expression, the
//! rule is recorded as a [`Rule`] for the compiler to evaluate. If one is a generic parameter, the rule is evaluated twice with different
//! stand-ins.

mod generic;
mod model;
mod outline;
mod rule;
mod stated;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use layercake_ir::{Shape, Site, check_input, check_shared};
pub use model::{Model, Node, OutputRule, Port, Rule, State, producer};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use crate::ast::{Arg, DimExpr, Network, Ports, ShapeExpr};
use crate::flow::{Dim, Flow};
use crate::layers::{self, Outline};
use crate::lower::{self, Plan, What};
use crate::params::{self, Param};
use crate::report::Report;
use crate::settings::{Num, Setting, Settings, Symbols, Value};
use crate::{init, resolve};

/// Resolves every layer and computes every shape.
pub fn model<'a>(network: &'a Network, plan: Plan, report: &mut Report) -> Model<'a> {
    let mut symbols = Symbols::new(&network.name);
    symbols.params = Param::all(&network.generics);
    let mut pass = Pass {
        symbols,
        report,
        names: plan.inputs,
        inputs: Vec::new(),
        nodes: Vec::new(),
        input_rules: Vec::new(),
        stated: Vec::new(),
        shared: Vec::new(),
        refused: Vec::new(),
        told: Vec::new(),
        given: HashSet::new(),
        rank_lost: false,
        batch_told: false,
    };
    pass.inputs(network);
    for node in plan.nodes {
        pass.node(node);
    }
    let words = plan.words;
    let outputs = pass.outputs(network, &plan.outputs);
    pass.lengths(network);
    let Pass { symbols, inputs, nodes, input_rules, stated, shared, .. } = pass;
    let params = symbols.params.clone();
    Model { network, params, inputs, outputs, nodes, symbols, input_rules, stated, shared, words, files: Vec::new() }
}

struct Pass<'r> {
    symbols: Symbols,
    report: &'r mut Report,
    /// The names of the inputs.
    names: Vec<String>,
    inputs: Vec<Port>,
    nodes: Vec<Node>,
    input_rules: Vec<usize>,
    stated: Vec<OutputRule>,
    shared: Vec<usize>,
    /// Reused layers with a reported mistake.
    refused: Vec<Option<usize>>,
    /// Layers in repetitions with a reported mistake.
    told: Vec<usize>,
    /// The messages about layers in templates, without the layers' names.
    given: HashSet<String>,
    /// A refused layer has an unknown output, so the number of axes after it is a guess.
    rank_lost: bool,
    /// The input's shape includes the batch, which is reported.
    batch_told: bool,
}

impl Pass<'_> {
    /// Computes the shape of one layer.
    fn node(&mut self, node: lower::Node) {
        let lower::Node { path, field, docs, what, inputs, value, operands, exact, shares, again, copies, output: declared, note } = node;
        let flows: Vec<Flow> = inputs.iter().map(|&value| self.flow(value).clone()).collect();
        let mut settings = Settings::default();
        let mut init = None;
        // The mistakes of this layer are collected apart, because some of them may have been reported for another layer.
        let before = std::mem::take(&mut *self.report);
        let (state, mut outputs) = match &what {
            What::Layer { row, layer, outputs } => {
                let rank = flows[0].dims.as_ref().map(Vec::len);
                if layers::is_unpool(row) {
                    // The options of a `MaxUnpool2d` are checked at its pool.
                    settings = resolve::settings(row, layer, &path, rank, &mut self.symbols, &mut Report::default());
                } else {
                    settings = resolve::settings(row, layer, &path, rank, &mut self.symbols, self.report);
                    init = init::of(row, layer, &path, self.report);
                }
                if layers::states(row).is_some() {
                    settings.list.push(Setting { name: "states", value: Some(Value::Bool(Num::Known(*outputs > 1))), tokens: None });
                }
                for name in layers::named_inputs(row) {
                    let given = layer.args.iter().any(|arg| matches!(arg, Arg::Option { key, .. } if key == name));
                    settings.list.push(Setting { name, value: Some(Value::Bool(Num::Known(given))), tokens: None });
                }
                let subject = rule::Subject { row, layer, operands: &operands, exact, name: &path, outputs: *outputs };
                let answer = self.layer(&subject, &settings, &inputs, &flows);
                if let (Some(stated), State::Decided(op) | State::Generic(op)) = (&init, &answer.0) {
                    let site = Site { layer: &path, source: "", flattened: None, others: &[], exact: false };
                    if let Err(mistake) = stated.init.check(op, &site) {
                        self.report.add(&stated.tokens, params::text(&self.symbols.params, &mistake.to_string()));
                    }
                }
                answer
            }
            What::Network { outputs, .. } => self.network(&path, &what, *outputs, &inputs, &flows),
            What::Custom(_) => {
                let stated = declared.as_ref().map_or(Flow::UNKNOWN, |declared| self.sizes(declared, true).0);
                match self.custom(&path, &what, &flows, declared.as_ref()) {
                    true => (State::Custom, vec![stated]),
                    false => (State::Lost, vec![stated]),
                }
            }
            What::Lost(_) => (State::Lost, vec![declared.as_ref().map_or(Flow::UNKNOWN, |declared| self.sizes(declared, true).0)]),
        };
        // A mistake in a layer is reported once, not at each `reuse`.
        if shares.is_some_and(|owner| matches!(self.nodes[owner].state, State::Lost)) {
            *self.report = Report::default();
        }
        if let (Some(declared), false) = (&declared, matches!(state, State::Custom | State::Lost)) {
            // The shape after `->` is that of the first output.
            let first = std::mem::take(&mut outputs[0]);
            outputs[0] = self.step_output(declared, first, &path, &note);
        }
        let mut said = std::mem::replace(&mut *self.report, before);
        said.annotate(&note);
        // A mistake in a template, or in an argument, is reported once, not for each use or layer.
        if !note.is_empty() {
            let name = format!("`{path}`");
            said.retain(|text| {
                let (said, _) = text.split_once("\nnote: ").unwrap_or((text, ""));
                self.given.insert(said.replace(&name, ""))
            });
        }
        // A mistake in a layer of a repetition is reported once.
        let first = copies.unwrap_or(self.nodes.len());
        if said.len() > 0 && !self.told.contains(&first) {
            self.told.push(first);
            self.report.append(&mut said);
        }
        self.nodes.push(Node {
            name: path,
            field,
            docs,
            what,
            operands,
            settings,
            state,
            inputs,
            shares,
            again,
            init: init.filter(|_| shares.is_none()),
            value,
            outputs,
            note,
            copies,
        });
        self.share(self.nodes.len() - 1);
    }

    /// Checks that a reused layer needs tensors of the same shapes.
    fn share(&mut self, index: usize) {
        let node = &self.nodes[index];
        let Some(owner) = node.shares else { return };
        let owner = &self.nodes[owner];
        let source = self.source(node.inputs[0]);
        let site = Site { layer: &node.name, source: &source, flattened: None, others: &[], exact: false };
        match (&node.state, &owner.state) {
            (State::Decided(op), State::Decided(theirs)) | (State::Generic(op), State::Generic(theirs)) => {
                if let Err(mistake) = check_shared(op, theirs, &owner.name, &site) {
                    let (again, text) = (node.again, params::text(&self.symbols.params, &format!("{mistake}{}", node.note)));
                    // One message per `reuse`.
                    if !self.refused.contains(&again) {
                        self.report.add(node.what.head(), text);
                        self.refused.push(again);
                    }
                }
            }
            (State::Rule(_), State::Rule(_) | State::Decided(_)) | (State::Decided(_), State::Rule(_)) => self.shared.push(index),
            _ => {}
        }
    }

    /// The shape of a value.
    fn flow(&self, value: usize) -> &Flow {
        model::flow(&self.inputs, &self.nodes, value)
    }

    /// The node that produces a value; None for an input.
    fn producer(&self, value: usize) -> Option<&Node> {
        producer(self.inputs.len(), &self.nodes, value).map(|node| &self.nodes[node])
    }

    /// The name of the input or layer of a value, for messages; empty for the network's only input.
    fn source(&self, value: usize) -> String {
        match self.producer(value) {
            None if self.inputs.len() == 1 && self.names[0] == "input" => String::new(),
            None => self.names[value].clone(),
            Some(node) => node.name.clone(),
        }
    }

    /// The input's shape of the `Flatten` that produces a value.
    fn flattened(&self, value: usize) -> Option<Flow> {
        let node = self.producer(value)?;
        node.row().filter(|row| row.outline == Outline::Flat).map(|_| self.flow(node.inputs[0]).clone())
    }

    /// Computes the inputs' shapes.
    fn inputs(&mut self, network: &Network) {
        let shapes: Vec<Option<&ShapeExpr>> = match &network.inputs {
            None => vec![None],
            Some(Ports::One(shape)) => vec![Some(shape)],
            Some(Ports::Named(ports)) => ports.iter().map(|port| port.shape.as_ref()).collect(),
        };
        for (value, declared) in shapes.into_iter().enumerate() {
            let flow = declared.map_or(Flow::UNKNOWN, |declared| self.input(value, declared));
            let tokens = declared.map_or_else(TokenStream::new, |declared| declared.tokens.clone());
            self.inputs.push(Port { name: self.names[value].clone(), flow, value, tokens });
        }
    }

    fn input(&mut self, value: usize, declared: &ShapeExpr) -> Flow {
        let (mut flow, _) = self.sizes(declared, false);
        if let Some(shape) = flow.with_params(0) {
            if let Err(mistake) = check_input(&self.names[value], &shape) {
                self.report.add(refused(declared, &shape), params::text(&self.symbols.params, &mistake.to_string()));
                flow.dims.iter_mut().flatten().for_each(|dim| *dim = Dim::Unknown);
            }
        } else if self.mixes(&flow, declared) {
            flow.dims.iter_mut().flatten().for_each(|dim| *dim = Dim::Unknown);
        } else if !flow.is_lost() {
            self.input_rules.push(value);
            let (owner, constant) = (&self.symbols.owner, format_ident!("INPUT_{value}"));
            flow.constant = Some(quote!(#owner::#constant));
        }
        flow
    }

    /// The outputs' shapes: those declared, with `_` filled in.
    fn outputs(&mut self, network: &Network, outputs: &[(String, Option<usize>)]) -> Vec<Port> {
        let shapes: Vec<Option<&ShapeExpr>> = match &network.outputs {
            None => vec![None; outputs.len()],
            Some(Ports::One(shape)) => vec![Some(shape)],
            Some(Ports::Named(ports)) => ports.iter().map(|port| port.shape.as_ref()).collect(),
        };
        let mut ports = Vec::new();
        for ((name, value), declared) in outputs.iter().zip(shapes) {
            let found = value.map_or(Flow::UNKNOWN, |value| self.flow(value).clone());
            let source = value.filter(|value| *value >= self.inputs.len()).map_or_else(String::new, |value| self.source(value));
            let flow = match declared {
                Some(declared) => self.network_output(declared, &found, &source),
                None => found,
            };
            let tokens = declared.map_or_else(TokenStream::new, |declared| declared.tokens.clone());
            ports.push(Port { name: name.clone(), flow, value: value.unwrap_or_default(), tokens });
        }
        ports
    }

    /// A length that is known at run time must be a size of an input.
    fn lengths(&mut self, network: &Network) {
        if self.inputs.iter().any(|port| port.flow.is_lost()) {
            return;
        }
        for (param, generic) in self.symbols.params.iter().zip(&network.generics).filter(|(param, _)| param.runtime) {
            let stated = |port: &Port| port.flow.dims.iter().flatten().any(|dim| matches!(dim, Dim::Param(own) if own == param));
            if !self.inputs.iter().any(stated) {
                let text = format!("no input has the length `{0}`; it must be a size of an input, as in `[{0}, 64]`", param.name);
                self.report.add(&generic.name, text);
            }
        }
    }

    fn dim(&self, size: &Num<usize>) -> Dim {
        match size {
            Num::Known(size) => Dim::Known(*size),
            Num::Param(param) => Dim::Param(param.clone()),
            Num::Named(symbol) => Dim::Named { code: self.symbols.path(symbol), text: symbol.text.clone() },
        }
    }
}

/// The tokens to underline in a refused input shape: the zero.
fn refused(declared: &ShapeExpr, shape: &Shape) -> TokenStream {
    let zero = declared.dims.iter().zip(shape.dims()).find(|(_, size)| **size == 0);
    match zero {
        Some((DimExpr::Size(size), _)) => size.to_token_stream(),
        _ => declared.tokens.clone(),
    }
}
