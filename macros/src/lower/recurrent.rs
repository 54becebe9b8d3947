//! Recurrent layers: the states that they begin with, and those that they give.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Expr;

use super::joins::word;
use super::scope::tags_stand;
use super::walk::literal;
use super::{Lowering, What};
use crate::ast::{Arg, Layer, Step};
use crate::layers::Row;
use crate::text;

impl Lowering<'_, '_> {
    /// `LSTM(256, state = (h, c)) as (y, h_n, c_n)`
    pub(super) fn recurrent(&mut self, step: &Step, layer: &Layer, row: &'static Row, states: &'static [&'static str]) {
        let mut own = layer.clone();
        let mut inputs = vec![self.current];
        let mut operands = vec![layer.kind.to_token_stream()];
        let mut lost = false;
        for arg in &layer.args {
            let Arg::Option { key, value } = arg else { continue };
            if key != "state" {
                continue;
            }
            if inputs.len() > 1 {
                self.report.add(key, format_args!("`state` of `{}` is given twice; keep one", layer.kind));
                continue;
            }
            match self.initial(layer, states, value) {
                Some(given) => {
                    for (value, tokens) in given {
                        inputs.push(value);
                        operands.push(tokens);
                    }
                }
                None => lost = true,
            }
        }
        own.args.retain(|arg| !matches!(arg, Arg::Option { key, .. } if key == "state"));
        let several = step.tags.len() > 1;
        if several && step.tags.len() != 1 + states.len() && !self.definition {
            let tags: TokenStream = step.tags.iter().map(|tag| quote!(#tag)).collect();
            if !step.illegible_tags {
                let text = format!(
                    "`{0}` gives its output and {1}, but {2} it\nhelp: write `as ({3})`, or one tag for the output alone",
                    layer.kind,
                    if states.len() == 1 { "a final state".to_owned() } else { format!("{} final states", states.len()) },
                    tags_stand(step.tags.len()),
                    if states.len() == 1 { "y, h_n" } else { "y, h_n, c_n" },
                );
                self.report.add(tags, text);
            }
            lost = true;
        }
        if lost {
            return self.lost(step, layer.tokens.clone());
        }
        let path = self.path_of(step, &row.prefix(), Some(&layer.kind));
        let outputs = if several { 1 + states.len() } else { 1 };
        self.push_join(step, path, What::Layer { row, layer: own, outputs }, inputs, operands);
    }

    /// The values of `state = (h, c)`, with their tokens. None is reported.
    fn initial(&mut self, layer: &Layer, states: &[&str], value: &Expr) -> Option<Vec<(usize, TokenStream)>> {
        let items: Vec<&Expr> = match literal(value) {
            Expr::Tuple(tuple) => tuple.elems.iter().collect(),
            single => vec![single],
        };
        let written = if states.len() == 1 { "state = h" } else { "state = (h, c)" };
        if items.len() != states.len() {
            let text = format!(
                "`{}` takes {}, but `{}` is {}\nhelp: write `{written}`, with the tags or inputs that hold them",
                layer.kind,
                if states.len() == 1 { "one initial state".to_owned() } else { format!("{} initial states", states.len()) },
                text::of(value),
                items.len()
            );
            items.iter().for_each(|item| self.touch(item));
            self.report.add(value, text);
            return None;
        }
        let mut found = Vec::new();
        for item in &items {
            match word(item) {
                Some(tag) => found.extend(self.find(tag).map(|value| (value, tag.to_token_stream()))),
                None => {
                    let text = format!(
                        "a state of `{}` must be a tag or an input, but is `{}`\nhelp: write `{written}`; without `state` it starts from \
                         zeros",
                        layer.kind,
                        text::of(item)
                    );
                    self.report.add(item, text);
                }
            }
        }
        (found.len() == items.len()).then_some(found)
    }
}
