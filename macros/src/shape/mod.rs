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
pub use model::{Model, Node, OutputRule, Port, Rule, State};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use crate::ast::{DimExpr, Network, Ports, ShapeExpr};
use crate::flow::{Dim, Flow};
use crate::layers::{self, Outline, UNPACK};
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
    let outputs = pass.outputs(network, &plan.outputs);
    pass.lengths(network);
    let Pass { symbols, inputs, nodes, input_rules, stated, shared, .. } = pass;
    let params = symbols.params.clone();
    Model { network, params, inputs, outputs, nodes, symbols, input_rules, stated, shared }
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
        let lower::Node { path, field, docs, what, inputs, operands, shares, again, copies, output: declared, note } = node;
        let flows: Vec<Flow> = inputs.iter().map(|&value| self.flow(value).clone()).collect();
        let mut settings = Settings::default();
        let mut init = None;
        let begin = self.report.len();
        let (state, mut output) = match &what {
            What::Layer { row, layer, part, packed } => {
                let unpacks = row.kind == UNPACK.kind;
                settings = match (part, self.nodes.last()) {
                    // All parts of a split have the same settings.
                    (Some(_), _) if unpacks => self.unpacked(inputs[0]),
                    (Some((1.., _)), Some(before)) => before.settings.clone(),
                    _ => {
                        let rank = flows[0].dims.as_ref().map(Vec::len);
                        resolve::settings(row, layer, name_of(&path, &what), rank, &mut self.symbols, self.report)
                    }
                };
                // The options of a `MaxUnpool2d` are checked at its pool.
                if layers::is_unpool(row) {
                    self.report.truncate(begin);
                } else if !matches!(part, Some((1.., _))) && !unpacks {
                    init = init::of(row, layer, name_of(&path, &what), self.report);
                }
                if layers::states(row).is_some() {
                    settings.list.push(Setting { name: "packed", value: Some(Value::Bool(Num::Known(*packed))), tokens: None });
                }
                if let (Some((part, parts)), true) = (part, unpacks) {
                    for (name, number) in [("which", *part), ("states", parts - 1)] {
                        settings.list.push(Setting { name, value: Some(Value::Size(Num::Known(number))), tokens: None });
                    }
                } else if let Some((part, parts)) = part {
                    let value = |number: usize| Some(Value::Size(Num::Known(number)));
                    let tokens = settings.list.iter().find(|setting| setting.name == "parts").and_then(|setting| setting.tokens.clone());
                    settings.list.retain(|setting| setting.name != "parts" && setting.name != "index");
                    settings.list.insert(0, Setting { name: "parts", value: value(*parts), tokens });
                    settings.list.insert(1, Setting { name: "index", value: value(*part), tokens: None });
                }
                let mistakes = self.report.len();
                let name = name_of(&path, &what);
                let answer = self.layer(&rule::Subject { row, layer, operands: &operands, name }, &settings, &inputs, &flows);
                // A mistake in a split is reported for its first part.
                if matches!(part, Some((1.., _))) {
                    self.report.truncate(mistakes);
                }
                if let (Some(stated), State::Decided(op) | State::Generic(op)) = (&init, &answer.0) {
                    let site = Site { layer: name, source: "", flattened: None, others: &[] };
                    if let Err(mistake) = stated.init.check(op, &site) {
                        self.report.add(&stated.tokens, params::text(&self.symbols.params, &mistake.to_string()));
                    }
                }
                answer
            }
            What::Network { .. } => self.network(&path, &what, &inputs, &flows),
            What::Custom(_) => {
                let stated = declared.as_ref().map_or(Flow::UNKNOWN, |declared| self.sizes(declared, true).0);
                match self.custom(&path, &what, &flows, declared.as_ref()) {
                    true => (State::Custom, stated),
                    false => (State::Lost, stated),
                }
            }
            What::Lost(_) => (State::Lost, declared.as_ref().map_or(Flow::UNKNOWN, |declared| self.sizes(declared, true).0)),
        };
        // A mistake in a layer is reported once, not at each `reuse`.
        if shares.is_some_and(|owner| matches!(self.nodes[owner].state, State::Lost)) {
            self.report.truncate(begin);
        }
        self.report.annotate(begin, &note);
        if let (Some(declared), false) = (&declared, matches!(state, State::Custom | State::Lost)) {
            let begin = self.report.len();
            output = self.step_output(declared, output, &path, &note);
            self.report.annotate(begin, &note);
        }
        // A mistake in a template, or in an argument, is reported once, not for each use or layer.
        if !note.is_empty() {
            let name = format!("`{}`", name_of(&path, &what));
            self.report.retain(begin, |text| {
                let (said, _) = text.split_once("\nnote: ").unwrap_or((text, ""));
                self.given.insert(said.replace(&name, ""))
            });
        }
        // A mistake in a layer of a repetition is reported once.
        let first = copies.unwrap_or(self.nodes.len());
        if self.told.contains(&first) {
            self.report.truncate(begin);
        } else if self.report.len() > begin {
            self.told.push(first);
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
            output,
            note,
        });
        self.share(self.nodes.len() - 1);
    }

    /// The settings of an unpacking node, from its recurrent layer.
    fn unpacked(&self, value: usize) -> Settings {
        let layer = &self.nodes[value - self.inputs.len()];
        let kept = ["layers", "bidirectional", "output"];
        let kept = layer.settings.list.iter().filter(|setting| kept.contains(&setting.name));
        Settings { list: kept.map(|setting| Setting { tokens: None, ..setting.clone() }).collect() }
    }

    /// Checks that a reused layer needs tensors of the same shapes.
    fn share(&mut self, index: usize) {
        let node = &self.nodes[index];
        let Some(owner) = node.shares else { return };
        let owner = &self.nodes[owner];
        let source = self.source(node.inputs[0]);
        let site = Site { layer: &node.name, source: &source, flattened: None, others: &[] };
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
        match value.checked_sub(self.inputs.len()) {
            None => &self.inputs[value].flow,
            Some(node) => &self.nodes[node].output,
        }
    }

    /// The name of the input or layer of a value, for messages; empty for the network's only input.
    fn source(&self, value: usize) -> String {
        match value.checked_sub(self.inputs.len()) {
            None if self.inputs.len() == 1 && self.names[0] == "input" => String::new(),
            None => self.names[value].clone(),
            Some(node) => self.nodes[node].name.clone(),
        }
    }

    /// The input's shape of the `Flatten` that produces a value.
    fn flattened(&self, value: usize) -> Option<Flow> {
        let node = &self.nodes[value.checked_sub(self.inputs.len())?];
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

/// A layer's name in messages: all parts of a split have the split's name.
pub(crate) fn name_of<'a>(path: &'a str, what: &What) -> &'a str {
    match what {
        What::Layer { part: Some(_), .. } => path.rsplit_once('.').map_or(path, |(split, _)| split),
        _ => path,
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
