//! `reuse`: layers applied again with the same tensors.

use proc_macro2::Ident;
use quote::ToTokens;

use super::joins::word;
use super::relocate::relocate;
use super::{Lowering, plain};
use crate::ast::{Action, Arg, Layer, Step};
use crate::layers::Row;
use crate::spelling;

/// A step with a name, and its nodes.
#[derive(Clone, Debug)]
pub struct Applied {
    step: Step,
    first: usize,
    count: usize,
}

/// The state during a `reuse`: the original nodes begin at `first`, the new ones at `begin`.
#[derive(Debug)]
pub struct Sharing {
    pub first: usize,
    pub begin: usize,
}

impl Lowering<'_, '_> {
    /// Records a named step, so that it can be reused.
    pub(super) fn record(&mut self, prefix: &str, name: &Ident, step: &Step, first: usize) {
        let count = self.nodes.len() - first;
        if count > 0 {
            self.applied.insert(format!("{prefix}{}", plain(name)), Applied { step: step.clone(), first, count });
        }
    }

    /// `reuse name`. Returns whether there is such a step.
    pub(super) fn reuse(&mut self, step: &Step, keyword: &Ident, layer: &Ident) -> bool {
        let word = plain(layer);
        let Some(applied) = self.seen(&word) else {
            self.unknown(layer, &word);
            self.lost(step, layer.to_token_stream());
            return false;
        };
        let nodes = &self.nodes[applied.first..applied.first + applied.count];
        // Its mistake has been reported.
        if nodes.iter().any(|node| matches!(node.what, super::What::Lost(_))) {
            self.lost(step, layer.to_token_stream());
            return false;
        }
        if !nodes.iter().any(super::Node::has_tensors) {
            let note = self.template_note();
            let text = format!("`{word}` has no weights to share; write `{}` again{note}", crate::text::of(nodes[0].what.tokens()));
            self.report.add(layer, text);
        }
        let mut again = relocate(&applied.step, layer.span());
        again.docs = step.docs.clone();
        again.tags.clone_from(&step.tags);
        // A shape stated at the first use does not apply here, except that of a custom layer, which has no other source.
        if step.output.is_some() || !matches!(&again.action, Action::Path(path) if path.args.is_some()) {
            again.output.clone_from(&step.output);
        }
        let name = match &step.name {
            Some(name) => name.clone(),
            None => Ident::new(&self.names.free(&self.prefix, &word), keyword.span()),
        };
        again.name = Some(name);
        // Inside another `reuse`, the tensors are found by its own numbering.
        let outer = self.sharing.is_some();
        if !outer {
            self.sharing = Some(Sharing { first: applied.first, begin: self.nodes.len() });
        }
        self.step(&again);
        if !outer {
            self.sharing = None;
        }
        true
    }

    /// `Linear(65, bias = false, weight = embedding)`: the weight is that of an earlier layer, of any kind. `index` is the argument's.
    pub(super) fn tied(&mut self, step: &Step, layer: &Layer, row: &'static Row, index: usize) {
        let mut own = layer.clone();
        let Arg::Option { key, value } = own.args.remove(index) else { return };
        let owner = word(&value).cloned();
        let applied = owner.as_ref().and_then(|owner| self.seen(&plain(owner)));
        let node = applied.as_ref().filter(|applied| applied.count == 1).map(|applied| &self.nodes[applied.first]);
        let mistake = match (&owner, &applied, node) {
            (None, ..) => {
                let text = crate::text::of(&value);
                format!("`weight` of `{}` must be the name of an earlier layer, but is `{text}`", layer.kind)
            }
            (Some(owner), None, _) => {
                self.unknown(owner, &plain(owner));
                return self.lost(step, layer.tokens.clone());
            }
            // Its mistake has been reported.
            (.., Some(node)) if matches!(node.what, super::What::Lost(_)) => return self.lost(step, layer.tokens.clone()),
            (Some(owner), ..) if node.is_none_or(|node| !node.has_tensors()) => {
                format!("`{}` is not a layer with a weight of its own", plain(owner))
            }
            _ if own.args.iter().any(|arg| matches!(arg, Arg::Option { key, .. } if key == "init")) => {
                format!("`{key}` is initialized where it is declared; remove `init` here")
            }
            _ => {
                let path = self.path_of(step, &row.prefix(), Some(&layer.kind));
                // Inside a `reuse`, the tensors are found by its own numbering.
                let outer = self.sharing.is_some();
                if let (false, Some(applied)) = (outer, applied) {
                    self.sharing = Some(Sharing { first: applied.first, begin: self.nodes.len() });
                }
                self.push(step, path, super::What::layer(row, own));
                if !outer {
                    self.sharing = None;
                }
                return;
            }
        };
        let note = self.template_note();
        self.report.add(&value, format_args!("{mistake}{note}"));
        self.lost(step, layer.tokens.clone());
    }

    /// The nearest step of this name, from the current prefix outwards.
    fn seen(&self, word: &str) -> Option<Applied> {
        let mut prefix = self.prefix.as_str();
        loop {
            if let Some(applied) = self.applied.get(&format!("{prefix}{word}")) {
                return Some(applied.clone());
            }
            if prefix.len() <= self.floor {
                return None;
            }
            prefix = prefix.trim_end_matches('.').rfind('.').map_or("", |dot| &prefix[..=dot]);
            if prefix.len() < self.floor {
                return None;
            }
        }
    }

    /// The nodes of the nearest step of this name.
    pub(super) fn named(&self, word: &str) -> Option<std::ops::Range<usize>> {
        self.seen(word).map(|applied| applied.first..applied.first + applied.count)
    }

    /// The names of the steps of this level.
    pub(super) fn names_here(&self) -> Vec<String> {
        let mut names: Vec<&str> = self.applied.keys().filter_map(|path| path.strip_prefix(self.prefix.as_str())).collect();
        names.retain(|name| !name.contains('.'));
        names.sort_unstable();
        names.into_iter().map(str::to_owned).collect()
    }

    fn unknown(&mut self, layer: &Ident, word: &str) {
        let names = self.names_here();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let deeper =
            self.applied.keys().filter_map(|path| path.strip_prefix(self.prefix.as_str())?.strip_suffix(&format!(".{word}"))).min();
        let help = if let Some(around) = deeper {
            let outermost = around.split('.').next().unwrap_or(around);
            format!("`{around}.{word}` can be reused only where it is declared; write `{outermost}` to reuse all of `{outermost}`")
        } else if self.foreseen.names.iter().any(|name| name == word) {
            format!("`{word}` is declared further down, and `reuse {word}` must come after it")
        } else if let Some(near) = spelling::nearest(word, &names) {
            format!("write `{near}`")
        } else {
            format!("name the layer `{word}` where it is declared")
        };
        let note = self.template_note();
        self.report.add(layer, format_args!("there is no layer `{word}` to reuse\nhelp: {help}{note}"));
    }
}

impl super::Node {
    /// Whether it may own tensors.
    pub fn has_tensors(&self) -> bool {
        match &self.what {
            super::What::Layer { row, .. } => row.module.is_some(),
            super::What::Network { .. } | super::What::Custom(_) | super::What::Lost(_) => true,
        }
    }
}
