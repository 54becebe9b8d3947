//! `MaxUnpool2d(pool1)`: a layer with the options and the input of a pool.

use proc_macro2::Ident;
use quote::ToTokens;

use super::joins::word;
use super::{Lowering, What, plain};
use crate::ast::{Arg, Layer, Step};
use crate::layers::Row;
use crate::spelling;

impl Lowering<'_, '_> {
    /// Copies the pool's options.
    pub(super) fn unpool(&mut self, step: &Step, layer: &Layer, row: &'static Row) {
        let name = match &layer.args[..] {
            [Arg::Position { input: None, size }] => word(size).cloned(),
            _ => None,
        };
        let Some(name) = name else {
            if !layer.illegible_args {
                let text = "`MaxUnpool2d` takes the name of the pooling layer that it reverses\nhelp: give the pooling layer a \
                            name, and write it in parentheses";
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
        self.push_join(step, path, What::layer(row, own), inputs, operands);
    }

    /// The node of the pool of this name; None after a mistake, which is reported.
    fn pool(&mut self, name: &Ident) -> Option<usize> {
        let word = plain(name);
        let note = self.template_note();
        if let Some(found) = self.named(&word) {
            let nodes = &self.nodes[found.clone()];
            return match nodes {
                [node] if matches!(&node.what, What::Layer { row, .. } if row.kind == "MaxPool2d") => Some(found.start),
                // Its mistake has been reported.
                [node] if matches!(node.what, What::Lost(_)) => None,
                _ => {
                    let what = crate::text::of(nodes[nodes.len() - 1].what.tokens());
                    let text = format!("`{word}` is `{what}`, not a `MaxPool2d`: only max pooling has indices to unpool with{note}");
                    self.report.add(name, text);
                    None
                }
            };
        }
        let pools: Vec<String> = self.names_here();
        let pools: Vec<&str> = pools.iter().map(String::as_str).collect();
        let help = if self.foreseen.names.contains(&word) {
            format!("`{word}` is declared further down; the pool must come first")
        } else if let Some(near) = spelling::nearest(&word, &pools) {
            format!("write `{near}`")
        } else if self.is_tag(name) {
            format!("`{word}` is a tag; the name of the pooling layer is needed")
        } else {
            format!("name the pooling layer `{word}`")
        };
        self.report.add(name, format_args!("there is no pooling layer `{word}`\nhelp: {help}{note}"));
        None
    }
}
