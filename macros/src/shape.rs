//! Works out every shape. Where all sizes are numbers, the shape rules are asked at once; where one is a constant expression, the
//! question is put down as a [`Rule`] for the compiler to answer.

use layercake_ir::{INFER, MAX_RANK, Op, Shape, Site, check_input, check_output};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Expr, UnOp};

use crate::ast::{Action, DimExpr, Layer, Network, ShapeExpr, Step};
use crate::flow::{Dim, Flow, number};
use crate::layers::{Outline, Row};
use crate::report::Report;
use crate::settings::{Num, Settings, Symbols};
use crate::{names, parts, resolve, text, value};

/// A network with everything worked out that can be while expanding.
pub struct Model<'a> {
    pub network: &'a Network,
    pub input: Flow,
    pub output: Flow,
    pub nodes: Vec<Node<'a>>,
    pub symbols: Symbols,
    /// Is the input's shape left to the compiler to check?
    pub input_rule: bool,
    /// Stated outputs that are left to the compiler to compare.
    pub outputs: Vec<OutputRule>,
}

/// A layer in its place.
pub struct Node<'a> {
    pub name: Ident,
    pub step: &'a Step,
    pub layer: &'a Layer,
    pub row: &'static Row,
    pub settings: Settings,
    pub state: State,
    /// The values it takes: the network's input is 0, the first node's output 1.
    pub inputs: Vec<usize>,
    pub output: Flow,
}

/// How far an operation is decided.
pub enum State {
    /// Nothing left to infer.
    Decided(Op),
    /// The compiler decides.
    Rule(Box<Rule>),
    /// A mistake.
    Lost,
}

/// A shape rule for the compiler to apply.
pub struct Rule {
    /// The constant that holds what came of it, an `ir::Attempt`.
    pub attempt: Ident,
    pub input: Flow,
    /// The layer that gives the input; empty for the network's.
    pub source: String,
    /// The shape that the source flattened.
    pub flattened: Option<Flow>,
}

/// A stated output for the compiler to compare.
pub struct OutputRule {
    /// [`Dim::Unknown`] where `_` stands.
    pub declared: Flow,
    pub found: Flow,
    pub layer: String,
    pub tokens: TokenStream,
}

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

    /// The sizes that the user wrote, and which of them are `_` (those are [`Dim::Unknown`]).
    fn sizes(&mut self, declared: &ShapeExpr, output: bool) -> (Flow, Vec<bool>) {
        let what = if output { "a size of the output" } else { "a size of the input" };
        let mut inferred = Vec::new();
        let mut dims = Vec::new();
        for dim in declared.dims.iter().take(MAX_RANK) {
            inferred.push(matches!(dim, DimExpr::Inferred(_)));
            dims.push(match dim {
                DimExpr::Inferred(_) => Dim::Unknown,
                // PyTorch's `-1`.
                DimExpr::Size(Expr::Unary(minus)) if output && matches!((&minus.op, &*minus.expr), (UnOp::Neg(_), Expr::Lit(_))) => {
                    let text = text::of(minus);
                    self.report
                        .add(minus, format_args!("{what} must not be negative, but is `{text}`\nhelp: `_` is a size to be inferred"));
                    Dim::Unknown
                }
                DimExpr::Size(expression) => match value::size(expression, what, &mut self.symbols, self.report) {
                    Some(size) => self.dim(&size),
                    None => Dim::Unknown,
                },
            });
        }
        // A shape without sizes, or with too many, is a mistake of its own.
        let legible = !dims.is_empty() && declared.dims.len() <= MAX_RANK;
        (Flow { dims: legible.then_some(dims), constant: None }, inferred)
    }

    fn dim(&self, size: &Num<usize>) -> Dim {
        match size {
            Num::Known(size) => Dim::Known(*size),
            Num::Named(symbol) => Dim::Named { code: self.symbols.path(symbol), text: symbol.text.clone() },
        }
    }

    /// The shape of a value: 0 is the input.
    fn value(&self, value: usize) -> Flow {
        value.checked_sub(1).map_or_else(|| self.input.clone(), |node| self.nodes[node].output.clone())
    }

    /// Applies a layer's rule to `input`.
    fn layer(&mut self, row: &'static Row, layer: &Layer, settings: &Settings, name: &str, input: &Flow) -> (State, Flow) {
        if input.is_lost() || !settings.is_sound() {
            return (State::Lost, self.outline(row, settings, input));
        }
        let source = self.source.map(|i| &self.nodes[i]);
        let source_name = source.map_or_else(String::new, |node| names::plain(&node.name));
        let flattened = source.filter(|node| node.row.outline == Outline::Flat).map(|node| self.value(node.inputs[0]));
        match (input.known(), settings.known()) {
            (Some(shape), Some(known)) => {
                let site = Site { layer: name, source: &source_name, flattened: flattened.and_then(|flow| flow.known()) };
                self.decide(row, layer, settings, (row.build)(&known), shape, &site)
            }
            _ => self.postpone(row, settings, input, source_name, flattened),
        }
    }

    /// Asks the rule. After a mistake that says nothing of the output's shape, it is asked again without the part that is to blame.
    fn decide(&mut self, row: &'static Row, layer: &Layer, settings: &Settings, op: Op, input: Shape, site: &Site) -> (State, Flow) {
        let (mut op, mut sound) = (op, true);
        loop {
            match op.infer(&[input], site) {
                Ok((op, output)) if sound => return (State::Decided(op), Flow::of(&output)),
                Ok((_, output)) => return (State::Lost, Flow::of(&output)),
                Err(mistake) => {
                    sound = false;
                    self.report.add(parts::tokens(row, layer, settings, mistake.part), mistake);
                    match op.without(mistake.part) {
                        Some(rest) => op = rest,
                        None => return (State::Lost, self.outline(row, settings, &Flow::of(&input))),
                    }
                }
            }
        }
    }

    /// Leaves the rule to the compiler.
    fn postpone(&self, row: &'static Row, settings: &Settings, input: &Flow, source: String, flattened: Option<Flow>) -> (State, Flow) {
        let (owner, i) = (&self.symbols.owner, self.nodes.len());
        let attempt = format_ident!("N{i}");
        let mut output = self.outline(row, settings, input);
        output.constant = Some(quote!(#owner::#attempt.decided.1));
        for (axis, dim) in output.dims.iter_mut().flatten().enumerate() {
            if matches!(dim, Dim::Unknown) {
                let axis = number(axis);
                *dim = Dim::Named { code: quote!(#owner::#attempt.decided.1.dim(#axis)), text: "_".to_owned() };
            }
        }
        let rule = Rule { attempt, input: input.clone(), source, flattened };
        (State::Rule(Box::new(rule)), output)
    }

    /// What is known of the output without the rule.
    fn outline(&self, row: &'static Row, settings: &Settings, input: &Flow) -> Flow {
        let stated = |field: &str| match settings.size(field) {
            // Zero is a mistake of its own.
            None | Some(Num::Known(0)) => Dim::Unknown,
            Some(size) => self.dim(size),
        };
        let dims = match (row.outline, &input.dims) {
            (Outline::Same, dims) => dims.clone(),
            (Outline::Last(_), None) => None,
            (Outline::Last(field), Some(dims)) => {
                // On an image, a `Flatten` was forgotten.
                let keep = if dims.len() == 2 { 1 } else { 0 };
                Some(dims.iter().take(keep).cloned().chain([stated(field)]).collect())
            }
            (Outline::Map(field), dims) => {
                let same = dims.as_ref().filter(|dims| dims.len() == 3).map_or(Dim::Unknown, |dims| dims[0].clone());
                Some(vec![field.map_or(same, stated), Dim::Unknown, Dim::Unknown])
            }
            (Outline::Flat, _) => Some(vec![Dim::Unknown]),
        };
        Flow { dims, constant: None }
    }

    /// The output of a step that nothing is known of but what the user states.
    fn stated(&mut self, step: &Step) -> Flow {
        step.output.as_ref().map_or(Flow::UNKNOWN, |declared| self.sizes(declared, true).0)
    }

    /// Compares a layer's output with the one stated behind it. A size that differs is unknown from there on.
    fn step_output(&mut self, declared: &ShapeExpr, found: Flow, layer: &str) -> Flow {
        let (stated, inferred) = self.sizes(declared, true);
        match self.compare(declared, &stated, &inferred, &found, layer) {
            Compared::Same => found,
            Compared::Different => Flow { dims: different(&stated, &inferred, &found), constant: None },
            Compared::Lost => merge(&stated, &found),
            Compared::Postponed => {
                let (owner, constant) = (&self.symbols.owner, format_ident!("D{}", self.outputs.len() - 1));
                Flow { constant: Some(quote!(#owner::#constant)), ..found }
            }
        }
    }

    /// Compares the network's output with the declared one, and gives that, which the types of its methods state.
    fn network_output(&mut self, declared: &ShapeExpr, found: &Flow, layer: &str) -> Flow {
        let (stated, inferred) = self.sizes(declared, true);
        self.compare(declared, &stated, &inferred, found, layer);
        merge(&stated, found)
    }

    fn compare(&mut self, declared: &ShapeExpr, stated: &Flow, inferred: &[bool], found: &Flow, layer: &str) -> Compared {
        let dims = stated.dims.iter().flatten();
        if found.is_lost() || stated.dims.is_none() || dims.zip(inferred).any(|(dim, inferred)| matches!(dim, Dim::Unknown) && !inferred) {
            return Compared::Lost;
        }
        let sizes: Option<Vec<usize>> =
            stated.dims.iter().flatten().zip(inferred).map(|(dim, inferred)| if *inferred { Some(INFER) } else { dim.known() }).collect();
        let (Some(sizes), Some(shape)) = (sizes, found.known()) else {
            self.outputs.push(OutputRule {
                declared: stated.clone(),
                found: found.clone(),
                layer: layer.to_owned(),
                tokens: declared.tokens.clone(),
            });
            return Compared::Postponed;
        };
        let site = Site { layer, source: "", flattened: None };
        match check_output(&Shape::new(&sizes), &shape, &site) {
            Ok(()) => Compared::Same,
            Err(mistake) => {
                self.report.add(&declared.tokens, mistake);
                Compared::Different
            }
        }
    }
}

enum Compared {
    Same,
    Different,
    /// Something needed was lost in an earlier mistake.
    Lost,
    /// The compiler will compare.
    Postponed,
}

/// The found sizes where both agree.
fn different(stated: &Flow, inferred: &[bool], found: &Flow) -> Option<Vec<Dim>> {
    let (stated, found) = (stated.dims.as_ref()?, found.dims.as_ref()?);
    let same = |(i, dim): (usize, &Dim)| if inferred[i] || dim.known() == stated[i].known() { dim.clone() } else { Dim::Unknown };
    (stated.len() == found.len()).then(|| found.iter().enumerate().map(same).collect())
}

/// The stated sizes, and the found ones where `_` stands.
fn merge(stated: &Flow, found: &Flow) -> Flow {
    let mut merged = stated.clone();
    if let (Some(dims), Some(found)) = (&mut merged.dims, &found.dims)
        && dims.len() == found.len()
    {
        for (dim, found) in dims.iter_mut().zip(found) {
            if matches!(dim, Dim::Unknown) {
                *dim = found.clone();
            }
        }
    }
    merged
}

/// What to underline where the input's shape is refused: the zero.
fn refused(declared: &ShapeExpr, shape: &Shape) -> TokenStream {
    let zero = declared.dims.iter().zip(shape.dims()).find(|(_, size)| **size == 0);
    match zero {
        Some((DimExpr::Size(size), _)) => size.to_token_stream(),
        _ => declared.tokens.clone(),
    }
}
