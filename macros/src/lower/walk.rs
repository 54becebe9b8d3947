//! Lowers the steps one after another.

use quote::ToTokens;
use syn::{Expr, ExprLit, Lit};

use super::{Lowering, MAX_STEPS, What, scope};
use crate::ast::{Action, Step};

impl Lowering<'_, '_> {
    /// Lowers all steps, starting from the current value.
    pub(super) fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            if self.overflow {
                return;
            }
            self.step(step);
        }
    }

    /// Lowers the steps of a network. One that is a single `Sequential` without a name is a sequence itself, as PyTorch's: `0.weight`.
    pub(super) fn whole(&mut self, steps: &[Step]) {
        let [step @ Step { name: None, action: Action::Sequential { steps: inner, .. }, .. }] = steps else { return self.steps(steps) };
        if inner.is_empty() {
            return self.steps(steps);
        }
        self.numbering = Some((String::new(), 0));
        self.steps(inner);
        self.numbering = None;
        self.stated(step, 0);
        self.tags(step, 0);
    }

    pub(super) fn step(&mut self, step: &Step) {
        self.opened += 1;
        if self.opened > MAX_STEPS {
            let place = self.within.first().map_or_else(|| step.action.head(), ToTokens::to_token_stream);
            self.report.add(place, format_args!("the templates and repetitions of this network expand to more than {MAX_STEPS} steps"));
            self.overflow = true;
            return;
        }
        let first = self.nodes.len();
        let base = step.name.as_ref().map(|_| self.prefix.clone());
        match &step.action {
            Action::From(tag) => {
                self.unnamed(step, "from");
                if let Some(value) = self.find(tag) {
                    self.current = value;
                }
            }
            Action::Output(name) => {
                self.unnamed(step, "output");
                self.output(name);
            }
            Action::Reuse { keyword, layer } => {
                if self.reuse(step, keyword, layer) {
                    // The copy has its name, its tags and its stated shape.
                    return;
                }
            }
            Action::Layer(layer) => self.word(step, layer),
            Action::Path(path) => self.path(step, path),
            Action::Branches { layer, branches } => self.branches(step, layer, branches),
            Action::Residual { kind, shortcut, drop, body } => self.residual(step, kind, shortcut.as_ref(), drop.as_ref(), body),
            Action::Repeat { kind, count, steps } => {
                let Some(count) = self.count(count.as_ref()) else {
                    self.lost(step, kind.to_token_stream());
                    return self.tags(step, first);
                };
                if steps.is_empty() {
                    self.report.add(kind, "`Repeat` has no layers");
                    self.lost(step, kind.to_token_stream());
                    return self.tags(step, first);
                }
                // As an item of `Sequential` it has no index; its repetitions have.
                let spliced = step.name.is_none() && self.is_numbered();
                let outer = if spliced { self.prefix.clone() } else { self.open(step, "repeat", kind) };
                let prefix = self.prefix.clone();
                let (begin, reports) = (self.nodes.len(), self.report.len());
                let mut unsound = false;
                for i in 0..count {
                    let node = self.nodes.len();
                    let before = std::mem::take(&mut *self.report);
                    if !spliced {
                        self.prefix = format!("{prefix}{i}.");
                    }
                    self.scopes.push(scope::Scope::default());
                    self.steps(steps);
                    self.close_scope();
                    let mut said = std::mem::replace(&mut *self.report, before);
                    // The same layers, so the same messages.
                    if !unsound {
                        self.report.append(&mut said);
                    }
                    if self.overflow {
                        break;
                    }
                    if i == 0 {
                        unsound = self.report.len() > reports;
                        continue;
                    }
                    for copy in node..self.nodes.len() {
                        let first = begin + copy - node;
                        self.nodes[copy].copies = Some(self.nodes[first].copies.unwrap_or(first));
                    }
                }
                self.prefix = outer;
            }
            Action::For { keyword, words, list, steps } => self.each(step, keyword, words, list, steps),
            Action::If { condition, then, otherwise, .. } => {
                self.spliced(step);
                self.chosen(condition, then, otherwise);
            }
            Action::Sequential { kind, steps } => {
                let outer = self.open(step, "sequential", kind);
                let around = self.numbering.replace((self.prefix.clone(), 0));
                self.steps(steps);
                self.numbering = around;
                self.prefix = outer;
            }
            Action::Illegible => self.lost(step, step.name.to_token_stream()),
        }
        if let (Some(base), Some(name)) = (base, &step.name) {
            self.record(&base, name, step, first);
        }
        self.stated(step, first);
        self.tags(step, first);
    }

    /// A placeholder node after a mistake.
    pub(super) fn lost(&mut self, step: &Step, tokens: proc_macro2::TokenStream) {
        self.unsound = true;
        let path = self.path_of(step, "layer", None);
        self.push(step, path, What::Lost(tokens));
    }

    /// `from` and `output` have no name and no output shape.
    fn unnamed(&mut self, step: &Step, keyword: &str) {
        if let Some(name) = &step.name {
            self.report.add(name, format_args!("`{keyword}` is not a layer and has no name; write it without `{name}:`"));
        }
        if let Some(output) = &step.output {
            self.report.add(&output.tokens, format_args!("`{keyword}` creates no tensor, so it takes no output shape"));
        }
    }

    /// The steps of an `if` stand for themselves, and have no name in common.
    fn spliced(&mut self, step: &Step) {
        if let Some(name) = &step.name {
            self.report
                .add(name, format_args!("`if` has no name of its own; name the steps in its braces, or put them into a `Sequential`"));
        }
    }

    /// The shape stated after a combinator belongs to its last value; a single layer has used its own already.
    fn stated(&mut self, step: &Step, first: usize) {
        let compound = matches!(
            step.action,
            Action::Repeat { .. } | Action::Sequential { .. } | Action::For { .. } | Action::If { .. } | Action::Layer(_)
        );
        let (Some(stated), true) = (&step.output, compound) else { return };
        let last = self.producer(self.current);
        if let Some(node) = last.filter(|node| *node >= first) {
            self.nodes[node].output.get_or_insert_with(|| stated.clone());
        }
    }

    /// The number of repetitions of a `Repeat`.
    fn count(&mut self, count: Option<&Expr>) -> Option<usize> {
        let count = count?;
        let known = match literal(count) {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => match number.base10_parse::<usize>() {
                Ok(0) => {
                    self.report.add(count, "`Repeat` repeats at least once");
                    return None;
                }
                Ok(times) => Some(times),
                Err(_) => {
                    self.report.add(count, "`Repeat` cannot repeat that often");
                    return None;
                }
            },
            _ => None,
        };
        if known.is_none() && self.definition {
            return Some(1);
        }
        if known.is_none() {
            let text = format!(
                "`Repeat` takes an integer literal, but found `{}`: each repetition becomes fields of the struct while the macro expands, \
                 when the value of a constant is not known yet",
                crate::text::of(count)
            );
            self.report.add(count, text);
        }
        known
    }
}

/// Removes redundant parentheses; a template's argument has invisible ones.
pub(super) fn literal(expression: &Expr) -> &Expr {
    match expression {
        Expr::Paren(inner) => literal(&inner.expr),
        Expr::Group(inner) => literal(&inner.expr),
        _ => expression,
    }
}
