//! `Chunk` and `Split`: one output per part, and one tag per output.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, Lit};

use super::scope::tags_stand;
use super::walk::literal;
use super::{Lowering, What};
use crate::ast::{Arg, Layer, Step};
use crate::layers::Row;
use crate::text;

impl Lowering<'_, '_> {
    /// `Chunk(2) as (a, b)`
    pub(super) fn chunk(&mut self, step: &Step, layer: &Layer, row: &'static Row) {
        let count = first(layer, "chunks");
        let sizes: Vec<String> = match count.map(literal) {
            Some(Expr::Array(list)) => list.elems.iter().map(text::of).collect(),
            Some(Expr::Tuple(list)) => list.elems.iter().map(text::of).collect(),
            _ => layer
                .args
                .iter()
                .filter_map(|arg| if let Arg::Position { input: None, size } = arg { Some(text::of(size)) } else { None })
                .collect(),
        };
        if let ([_, _, ..], Some(count)) = (&sizes[..], count) {
            let text =
                format!("`Chunk` takes the number of equal parts\nhelp: for parts of these sizes write `Split([{}])`", sizes.join(", "));
            self.report.add(count, text);
            return self.lost(step, layer.tokens.clone());
        }
        let known = count.and_then(|count| match literal(count) {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse::<usize>().ok(),
            _ => None,
        });
        let parts = match (known, count) {
            (Some(parts @ 1..), _) => parts,
            _ if self.definition || layer.illegible_args => step.tags.len().max(1),
            (None, Some(count)) => {
                let text = format!(
                    "`Chunk` takes an integer literal, but found `{}`: each part becomes a tensor of its own while the macro expands, \
                     when the value of a constant is not known yet",
                    text::of(count)
                );
                self.report.add(count, text);
                return self.lost(step, layer.tokens.clone());
            }
            (Some(_), Some(count)) => {
                self.report.add(count, "`Chunk` makes at least one part");
                return self.lost(step, layer.tokens.clone());
            }
            (_, None) => {
                self.report.add(&layer.kind, "`Chunk` takes the number of parts\nhelp: write `Chunk(2) as (a, b)`");
                return self.lost(step, layer.tokens.clone());
            }
        };
        self.parts_of(step, layer, row, parts);
    }

    /// `Split([16, 48]) as (a, b)`
    pub(super) fn split(&mut self, step: &Step, layer: &Layer, row: &'static Row) {
        let mut sizes = layer.args.iter().filter(|arg| match arg {
            Arg::Position { input, .. } => input.is_none(),
            Arg::Option { key, .. } => key == "sizes" || key == "split_size_or_sections",
        });
        let mut listed = false;
        let count = match (sizes.next(), sizes.count()) {
            (None, _) => 0,
            (Some(Arg::Position { size: one, .. } | Arg::Option { value: one, .. }), 0) => match literal(one) {
                Expr::Array(list) => {
                    listed = true;
                    list.elems.len()
                }
                Expr::Tuple(list) => {
                    listed = true;
                    list.elems.len()
                }
                _ => 1,
            },
            (_, more) => 1 + more,
        };
        let open = self.definition || layer.illegible_args || listed && count > 0;
        match count {
            0 if !open => {
                self.report.add(&layer.kind, "`Split` takes the size of each part\nhelp: write `Split([16, 48]) as (a, b)`");
                self.lost(step, layer.tokens.clone());
            }
            // PyTorch's `chunk`, or its `split` into parts of one size.
            1 if !open => {
                let help = match step.tags.len() {
                    0 | 1 => "for two equal parts write `Chunk(2) as (a, b)`".to_owned(),
                    tags => format!("for {tags} equal parts write `Chunk({tags})`"),
                };
                let size = first(layer, "sizes").map_or_else(|| layer.kind.to_token_stream(), ToTokens::to_token_stream);
                self.report.add(size, format_args!("`Split` takes a list with the size of each part, but found one size\nhelp: {help}"));
                self.lost(step, layer.tokens.clone());
            }
            _ if open && !listed => self.parts_of(step, layer, row, step.tags.len().max(1)),
            _ => self.parts_of(step, layer, row, count),
        }
    }

    /// Adds a node with this number of outputs, each of which needs a tag.
    fn parts_of(&mut self, step: &Step, layer: &Layer, row: &'static Row, parts: usize) {
        let path = self.path_of(step, &row.prefix(), Some(&layer.kind));
        if step.tags.len() == parts || self.definition {
            return self.push(step, path, What::Layer { row, layer: layer.clone(), outputs: parts });
        }
        let tags: TokenStream = step.tags.iter().map(|tag| quote!(#tag)).collect();
        let place = if tags.is_empty() { layer.kind.to_token_stream() } else { tags };
        self.unsound = true;
        if !step.illegible_tags {
            let tags: Vec<String> = ('a'..='z').take(parts).map(String::from).collect();
            let help = match parts {
                ..=26 => format!("write `as ({})`, a tag for each", tags.join(", ")),
                _ => "each part needs a tag".to_owned(),
            };
            let text = format!(
                "`{}` makes {parts} {}, but {} it\nhelp: {help}",
                layer.kind,
                if parts == 1 { "tensor" } else { "tensors" },
                tags_stand(step.tags.len()),
            );
            self.report.add(place, text);
        }
        self.push(step, path, What::Lost(layer.tokens.clone()));
    }
}

/// The value of the first argument that has no name, or has this one.
fn first<'a>(layer: &'a Layer, name: &str) -> Option<&'a Expr> {
    layer.args.iter().find_map(|arg| match arg {
        Arg::Position { input: None, size } => Some(size),
        Arg::Option { key, value } if key == name => Some(value),
        _ => None,
    })
}
