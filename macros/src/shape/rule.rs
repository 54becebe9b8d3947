//! A layer's shape rule: asked, left to the compiler, or done without.

use layercake_ir::{Op, Shape, Site};
use quote::{format_ident, quote};

use super::{Pass, Rule, State};
use crate::ast::Layer;
use crate::flow::{Dim, Flow, number};
use crate::layers::{Outline, Row};
use crate::settings::Settings;
use crate::{names, parts};

impl Pass<'_, '_> {
    /// The shape of a value: 0 is the input.
    fn value(&self, value: usize) -> Flow {
        value.checked_sub(1).map_or_else(|| self.input.clone(), |node| self.nodes[node].output.clone())
    }

    /// Applies a layer's rule to `input`.
    pub(super) fn layer(&mut self, row: &'static Row, layer: &Layer, settings: &Settings, name: &str, input: &Flow) -> (State, Flow) {
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
        let dims = row.outline.dims(settings, input.dims.as_deref(), |size| self.dim(size));
        Flow { dims, constant: None }
    }
}
