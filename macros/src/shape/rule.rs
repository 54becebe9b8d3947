//! A layer's shape rule: evaluated, left to the compiler, or replaced by an outline.

use layercake_ir::{Op, Part, Shape, Site};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{Pass, Rule, State, outline};
use crate::ast::Layer;
use crate::flow::{Dim, Flow, number};
use crate::layers::{Outline, Row};
use crate::lower::What;
use crate::settings::Settings;
use crate::{params, parts};

/// The layer of a rule.
pub(super) struct Subject<'a> {
    pub row: &'static Row,
    pub layer: &'a Layer,
    /// The tokens of each input of a join.
    pub operands: &'a [TokenStream],
    /// Whether the inputs of a join must have one shape.
    pub exact: bool,
    pub name: &'a str,
    /// The number of its outputs.
    pub outputs: usize,
}

impl Pass<'_> {
    /// Applies a layer's rule to its inputs: the values, and their shapes. Returns the shape of each output.
    pub(super) fn layer(&mut self, subject: &Subject, settings: &Settings, values: &[usize], inputs: &[Flow]) -> (State, Vec<Flow>) {
        if inputs.iter().any(Flow::is_lost) || !settings.is_sound() {
            return (State::Lost, self.outlines(subject, settings, &inputs[0]));
        }
        let generic = inputs.iter().any(Flow::is_generic) || settings.is_generic();
        if generic && (settings.is_named() || inputs.iter().any(Flow::is_named)) {
            self.mixture(subject, settings, inputs);
            return (State::Lost, vec![Flow::UNKNOWN; subject.outputs]);
        }
        if generic {
            return self.generic(subject, settings, values, inputs);
        }
        let shapes: Option<Vec<Shape>> = inputs.iter().map(Flow::known).collect();
        match (shapes, settings.operation(subject.row)) {
            (Some(shapes), Some(op)) => self.decide(subject, settings, op, &shapes, values),
            _ => {
                // Joined values may come from a network, whose rank is unknown.
                let input = inputs.iter().find(|input| input.dims.is_some()).unwrap_or(&inputs[0]);
                let outlines = self.outlines(subject, settings, input);
                self.postpone(outlines, values, inputs, subject.exact)
            }
        }
    }

    /// Calls `work` with the site of a layer, for its messages.
    pub(super) fn at_site<R>(&self, subject: &Subject, values: &[usize], round: Option<usize>, work: impl FnOnce(&Site) -> R) -> R {
        let sources: Vec<String> = values.iter().map(|&value| self.source(value)).collect();
        let others: Vec<&str> = sources.iter().skip(1).map(String::as_str).collect();
        let flattened = self.flattened(values[0]).and_then(|flow| match round {
            Some(round) => flow.with_params(round),
            None => flow.known(),
        });
        work(&Site { layer: subject.name, source: &sources[0], flattened, others: &others, exact: subject.exact })
    }

    /// Evaluates the rule. After a mistake that does not affect the output's shape, it is evaluated again without the blamed part.
    fn decide(&mut self, subject: &Subject, settings: &Settings, op: Op, inputs: &[Shape], values: &[usize]) -> (State, Vec<Flow>) {
        let (mut op, mut sound) = (op, true);
        let flows = |op: &Op, first: &Shape| (0..subject.outputs).map(|index| Flow::of(&op.output(index, inputs, first))).collect();
        loop {
            match self.at_site(subject, values, None, |site| op.infer(inputs, site)) {
                Ok((op, output)) if sound => return (State::Decided(op), flows(&op, &output)),
                Ok((op, output)) => return (State::Lost, flows(&op, &output)),
                Err(mistake) => {
                    sound = false;
                    self.report.add(parts::tokens(subject.row, subject.layer, subject.operands, settings, mistake.part), mistake);
                    match op.without(mistake.part) {
                        Some(rest) => op = rest,
                        None => {
                            // If the input's rank or the joined values do not fit, the output is uncertain.
                            let apart = matches!(mistake.part, Part::Branch(_));
                            self.rank_lost |= apart || mistake.part == Part::Layer;
                            let joins = apart && subject.row.outline == Outline::Same;
                            let outputs =
                                if joins { vec![self.broadcast(inputs)] } else { self.outlines(subject, settings, &Flow::of(&inputs[0])) };
                            return (State::Lost, outputs);
                        }
                    }
                }
            }
        }
    }

    /// The likely output of joined values whose shapes differ.
    fn broadcast(&self, inputs: &[Shape]) -> Flow {
        let shape = layercake_ir::broadcast(inputs);
        if shape.is_unknown() { Flow::UNKNOWN } else { Flow::of(&shape) }
    }

    /// Leaves the rule to the compiler.
    fn postpone(&self, mut outputs: Vec<Flow>, values: &[usize], inputs: &[Flow], exact: bool) -> (State, Vec<Flow>) {
        let (owner, i) = (&self.symbols.owner, self.nodes.len());
        let attempt = format_ident!("N{i}");
        for (index, output) in outputs.iter_mut().enumerate() {
            let shape = match index {
                0 => quote!(#owner::#attempt.decided.1),
                _ => {
                    let further = format_ident!("{attempt}_{index}");
                    quote!(#owner::#further)
                }
            };
            for (axis, dim) in output.dims.iter_mut().flatten().enumerate() {
                if matches!(dim, Dim::Unknown) {
                    let axis = number(axis);
                    *dim = Dim::Named { code: quote!(#shape.dim(#axis)), text: "_".to_owned() };
                }
            }
            output.constant = Some(shape);
        }
        let sources = values.iter().map(|&value| self.source(value)).collect();
        let rule = Rule { attempt, inputs: inputs.to_vec(), sources, flattened: self.flattened(values[0]), exact };
        (State::Rule(Box::new(rule)), outputs)
    }

    /// Another network, whose shapes only the compiler knows.
    pub(super) fn network(&mut self, name: &str, what: &What, outputs: usize, values: &[usize], inputs: &[Flow]) -> (State, Vec<Flow>) {
        let unknown = vec![Flow::UNKNOWN; outputs];
        if inputs.iter().any(Flow::is_lost) {
            return (State::Lost, unknown);
        }
        let generics = if let What::Network { network, .. } = what { network.generics.clone() } else { None };
        if let Some(param) = generics.and_then(|generics| params::mentions(&self.symbols.params, generics)) {
            let text = format!(
                "the output shape of the network `{name}` depends on `{0}`, whose value is unknown during macro expansion\nhelp: give it a number or a \
                 named constant, or write its layers as a template of this block",
                param.name
            );
            self.report.add(what.head(), text);
            return (State::Lost, unknown);
        }
        if inputs.iter().any(Flow::is_generic) {
            let text = format!(
                "the nested network `{name}` cannot receive {}, which contains a generic parameter\n\
                 help: write its layers as a template of this block",
                inputs[0].text()
            );
            self.report.add(what.head(), text);
            return (State::Lost, unknown);
        }
        self.postpone(unknown, values, inputs, false)
    }

    /// What is known about the outputs without the rule.
    pub(super) fn outlines(&self, subject: &Subject, settings: &Settings, input: &Flow) -> Vec<Flow> {
        let (outline, dims) = (subject.row.outline, input.dims.as_deref());
        // With token ids, only `Embedding` has a known output.
        if input.ids && !matches!(outline, Outline::Behind(_)) {
            return vec![Flow::UNKNOWN; subject.outputs];
        }
        let first = outline::dims(outline, settings, dims, |size| self.dim(size));
        let further = (1..subject.outputs).map(|_| outline::further(outline, settings, dims, |size| self.dim(size)));
        std::iter::once(first).chain(further).map(Flow::numbers).collect()
    }
}
