//! Branches and residual connections.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::Expr;

use super::walk::literal;
use super::{Lowering, What};
use crate::ast::{Arg, Branch, Layer, Step};
use crate::layers::{self, Row};

impl Lowering<'_, '_> {
    /// `Add { {..}, {..} }`
    pub(super) fn branches(&mut self, step: &Step, layer: &Layer, branches: &[Branch]) {
        let Some(row) = layers::find(&layer.kind.to_string()) else { return };
        let mut layer = layer.clone();
        layer.args.retain(|arg| match arg {
            Arg::Position { size, .. } => {
                let text = format!("`{}` joins either its branches or the current tensor with tags, not both", layer.kind);
                self.report.add(size, text);
                self.touch(size);
                false
            }
            Arg::Option { .. } => true,
        });
        let named = step.name.is_some() || self.is_numbered();
        let path = self.path_of(step, &row.prefix(), Some(&layer.kind));
        let (begin, since) = (self.current, self.used.len());
        let outer = self.prefix.clone();
        if named {
            self.prefix = format!("{path}.");
        }
        let mut inputs = Vec::new();
        let mut operands = Vec::new();
        for branch in branches {
            self.current = begin;
            self.steps(&branch.steps);
            inputs.push(self.current);
            operands.push(branch.place.clone());
        }
        self.prefix = outer;
        if !layer.illegible_args && !self.overflow {
            self.distinct(&layer, branches, [begin, since], &inputs);
        }
        self.join(step, path, row, layer, inputs, operands);
    }

    /// `Add(tag, ..)`: joins the current tensor with those that are tagged.
    pub(super) fn with_tags(&mut self, step: &Step, layer: &Layer, row: &'static Row) {
        let mut inputs = vec![self.current];
        let mut operands = vec![layer.kind.to_token_stream()];
        let mut tags = Vec::new();
        let mut options = layer.clone();
        options.args.clear();
        let mut lost = layer.illegible_args;
        for arg in &layer.args {
            match arg {
                Arg::Position { input: None, size } => match word(size) {
                    Some(tag) => {
                        let value = self.find(tag);
                        lost |= value.is_none();
                        inputs.extend(value);
                        operands.push(tag.to_token_stream());
                        tags.push(tag.clone());
                    }
                    None => {
                        // `Concat([x, y])`
                        let list = match size {
                            Expr::Array(array) => array.elems.iter().map(word).collect(),
                            Expr::Tuple(tuple) => tuple.elems.iter().map(word).collect(),
                            _ => None::<Vec<&Ident>>,
                        };
                        let tags = list.unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                        let help = if tags.is_empty() { String::new() } else { format!("\nhelp: write `{tags}`") };
                        let text = format!(
                            "`{}` joins the current tensor with tagged ones, but `{}` is not a tag{help}",
                            layer.kind,
                            crate::text::of(size)
                        );
                        self.report.add(size, text);
                        lost = true;
                    }
                },
                Arg::Position { input: Some(input), .. } => {
                    self.report.add(input, format_args!("`{}` takes no `in -> out`; write the tags to join with", layer.kind));
                    lost = true;
                }
                Arg::Option { .. } => options.args.push(arg.clone()),
            }
        }
        if inputs.len() == 1 && !lost {
            let text = format!(
                "`{0}` has nothing to join\nhelp: write the tags of the tensors to join in parentheses, or branches in braces",
                layer.kind
            );
            self.report.add(&layer.kind, text);
            lost = true;
        }
        if lost {
            return self.lost(step, layer.tokens.clone());
        }
        let path = self.path_of(step, &row.prefix(), Some(&layer.kind));
        let kept = self.once(&options, &tags, &inputs);
        if kept.len() == 1 && !layers::is_elementwise(row) {
            // How wide it was meant to be is not known.
            self.unsound = true;
            return self.push(step, path, What::Lost(layer.tokens.clone()));
        }
        if kept.len() > 1 {
            inputs = kept.iter().map(|&i| inputs[i]).collect();
            operands = kept.iter().map(|&i| operands[i].clone()).collect();
        }
        self.join(step, path, row, options, inputs, operands);
    }

    fn join(&mut self, step: &Step, path: String, row: &'static Row, layer: Layer, inputs: Vec<usize>, operands: Vec<TokenStream>) {
        if self.overflow {
            return;
        }
        if inputs.len() < 2 {
            self.unsound = true;
            if layer.illegible_args {
                return self.push(step, path, What::Lost(layer.tokens));
            }
            let text = format!(
                "`{0}` has {1} to join\nhelp: each branch goes in its own braces; an empty one, `{{}}`, leaves the tensor unchanged",
                layer.kind,
                if inputs.is_empty() { "nothing" } else { "one branch" }
            );
            self.report.add(&layer.kind, text);
            return self.push(step, path, What::Lost(layer.tokens));
        }
        if !row.two.is_empty() && inputs.len() > 2 {
            self.report.add(&operands[2], row.two);
            return self.push(step, path, What::Lost(layer.tokens));
        }
        self.push_join(step, path, What::layer(row, layer), inputs, operands);
    }

    /// `Residual(shortcut = {..}, drop = 0.2) {..}`
    pub(super) fn residual(&mut self, step: &Step, kind: &Ident, shortcut: Option<&Branch>, drop: Option<&Expr>, body: &Branch) {
        let named = step.name.is_some() || self.is_numbered();
        let path = self.path_of(step, "residual", Some(kind));
        let (begin, since) = (self.current, self.used.len());
        let outer = self.prefix.clone();
        if named {
            self.prefix = format!("{path}.");
        }
        self.steps(&body.steps);
        let plain = self.current;
        let dropped = self.nodes.len();
        if let Some(drop) = drop {
            self.stochastic(step, kind, &path, drop);
        }
        let end = self.current;
        self.current = begin;
        if let Some(shortcut) = shortcut {
            self.steps(&shortcut.steps);
        }
        self.prefix = outer;
        if self.overflow {
            return;
        }
        if drop.is_some() {
            self.nodes[dropped].path = self.names.unused(format!("{path}.drop"));
        }
        self.adds(kind, body, shortcut, since, [plain, self.current]);
        let inputs = vec![end, self.current];
        let operands = vec![kind.to_token_stream(), shortcut.map_or_else(|| kind.to_token_stream(), |branch| branch.place.clone())];
        let tokens = if shortcut.is_some() { quote!(Residual(shortcut = ..)) } else { kind.to_token_stream() };
        let layer = Layer { kind: kind.clone(), args: Vec::new(), illegible_args: false, tokens };
        let Some(row) = layers::find("Add") else { return };
        self.push_join(step, path, What::layer(row, layer), inputs, operands);
        let Some(node) = self.nodes.last_mut() else { return };
        node.exact = true;
        if shortcut.is_none() {
            node.note.push_str("\nnote: the shortcut may have layers too: `Residual(shortcut = { .. }) { .. }`");
        }
    }

    /// What drops the body of a residual connection, `path.drop`: its option is the value that the user wrote.
    fn stochastic(&mut self, step: &Step, kind: &Ident, path: &str, drop: &Expr) {
        let Some(row) = layers::find("StochasticDepth") else { return };
        let key = Ident::new("p", kind.span());
        let tokens = quote!(Residual(drop = #drop));
        let layer = Layer { kind: kind.clone(), args: vec![Arg::Option { key, value: drop.clone() }], illegible_args: false, tokens };
        // Neither its documentation nor its shape is that of the step.
        let plain = Step { docs: Vec::new(), name: None, output: None, tags: Vec::new(), ..step.clone() };
        self.push(&plain, format!("{path}.drop"), What::layer(row, layer));
    }
}

/// A bare word.
pub(super) fn word(expression: &syn::Expr) -> Option<&Ident> {
    match literal(expression) {
        syn::Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}
