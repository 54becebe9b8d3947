//! Layers that take further values by name, and layers that take none.

use quote::ToTokens;
use syn::{Expr, ExprLit, Lit};

use super::joins::word;
use super::walk::literal;
use super::{Lowering, What};
use crate::ast::{Arg, Layer, Step};
use crate::layers::{self, Row};
use crate::text;

impl Lowering<'_, '_> {
    /// `MultiheadAttention(4, key = memory, mask = allowed)`. The arguments stay in the layer, so that later stages see which are given.
    pub(super) fn with_named(&mut self, step: &Step, layer: &Layer, row: &'static Row) {
        let mut inputs = vec![self.current];
        let mut operands = vec![layer.kind.to_token_stream()];
        let mut own = layer.clone();
        let mut lost = false;
        for name in layers::named_inputs(row) {
            let mut given = own.args.iter().filter_map(|arg| match arg {
                Arg::Option { key, value } if key == name => Some((key.clone(), value.clone())),
                _ => None,
            });
            let Some((key, value)) = given.next() else { continue };
            if let Some((again, _)) = given.next() {
                self.report.add(&again, format_args!("`{key}` of `{}` is given twice; keep one", layer.kind));
                lost = true;
                continue;
            }
            match word(&value).cloned() {
                Some(tag) => match self.find(&tag) {
                    Some(value) => {
                        inputs.push(value);
                        operands.push(tag.to_token_stream());
                    }
                    None => lost = true,
                },
                None => {
                    let quoted = match literal(&value) {
                        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => syn::parse_str(&text.value()).ok(),
                        _ => None,
                    };
                    let help = match quoted.filter(|tag| self.is_tag(tag)) {
                        Some(tag) => format!("write `{tag}`"),
                        None => "tag the tensor with `as` after the step that produces it".to_owned(),
                    };
                    let text =
                        format!("`{key}` of `{}` must be a tag or an input, but is `{}`\nhelp: {help}", layer.kind, text::of(&value));
                    self.report.add(&value, text);
                    lost = true;
                }
            }
        }
        if lost {
            return self.lost(step, layer.tokens.clone());
        }
        let path = self.path_of(step, &row.prefix(), Some(&layer.kind));
        if inputs.len() == 1 {
            operands.clear();
        }
        own.illegible_args = layer.illegible_args;
        self.push_join(step, path, What::layer(row, own), inputs, operands);
    }

    /// `Parameter([1, 64])`: of its input only the number of samples matters, so it is the network's first one, which is not used by it.
    pub(super) fn source(&mut self, step: &Step, layer: &Layer, row: &'static Row) {
        let path = self.path_of(step, &row.prefix(), Some(&layer.kind));
        let used = self.used[0];
        self.push_join(step, path, What::layer(row, layer.clone()), vec![0], Vec::new());
        self.used[0] = used;
    }
}
