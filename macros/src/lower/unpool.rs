//! `MaxUnpool2d(pool1)`: a layer that takes the options of another, and what that one received.

use proc_macro2::Ident;
use quote::ToTokens;

use super::joins::word;
use super::{Lowering, What, plain};
use crate::ast::{Arg, Layer, Step};
use crate::layers::Row;
use crate::spelling;

impl Lowering<'_, '_> {
    /// The pool's options become its own.
    pub(super) fn unpool(&mut self, step: &Step, layer: &Layer, row: &'static Row) {
        let name = match &layer.args[..] {
            [Arg::Position { input: None, size }] => word(size).cloned(),
            _ => None,
        };
        let Some(name) = name else {
            if !layer.illegible_args {
                let text = "`MaxUnpool2d` takes the name of the pooling layer whose places it fills\nhelp: give the pooling layer a \
                            name, and write that in brackets";
                let note = self.template_note();
                self.report.add(&layer.kind, format_args!("{text}{note}"));
            }
            return self.lost(step, layer.tokens.clone());
        };
        let Some(pool) = self.pool(&name) else { return self.lost(step, layer.tokens.clone()) };
        let (What::Layer { layer: options, .. }, pooled) = (&self.nodes[pool].what, self.nodes[pool].inputs[0]) else { return };
        let own = Layer { args: options.args.clone(), illegible_args: options.illegible_args, ..layer.clone() };
        let path = self.path_of(step, &row.prefix(), Some(&layer.kind));
        let inputs = vec![self.current, pooled];
        let operands = vec![layer.kind.to_token_stream(), name.to_token_stream()];
        self.push_join(step, path, What::Layer { row, layer: own, part: None, packed: false }, inputs, operands);
    }

    /// The node of the pool of this name; None is reported.
    fn pool(&mut self, name: &Ident) -> Option<usize> {
        let word = plain(name);
        let note = self.template_note();
        if let Some(found) = self.named(&word) {
            let nodes = &self.nodes[found.clone()];
            return match nodes {
                [node] if matches!(&node.what, What::Layer { row, .. } if row.kind == "MaxPool2d") => Some(found.start),
                // What is wrong with it has been said.
                [node] if matches!(node.what, What::Lost(_)) => None,
                _ => {
                    let what = crate::text::of(nodes[nodes.len() - 1].what.tokens());
                    let text =
                        format!("`{word}` is `{what}`, and no `MaxPool2d`: only of that is it known where its elements come from{note}");
                    self.report.add(name, text);
                    None
                }
            };
        }
        let pools: Vec<String> = self.names_here();
        let pools: Vec<&str> = pools.iter().map(String::as_str).collect();
        let help = if self.foreseen.names.contains(&word) {
            format!("`{word}` stands further down; the pool comes first")
        } else if let Some(near) = spelling::nearest(&word, &pools) {
            format!("write `{near}`")
        } else if self.is_tag(name) {
            format!("`{word}` is a tag, and the pooling layer has a name of its own")
        } else {
            format!("name the pooling layer `{word}`")
        };
        self.report.add(name, format_args!("there is no layer `{word}` whose places could be filled\nhelp: {help}{note}"));
        None
    }
}
