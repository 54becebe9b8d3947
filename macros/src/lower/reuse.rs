//! Layers that are applied again, with the same tensors.

use proc_macro2::Ident;
use quote::ToTokens;

use super::relocate::relocate;
use super::{Lowering, plain};
use crate::ast::{Action, Step};
use crate::spelling;

/// A step with a name, and its nodes.
#[derive(Clone, Debug)]
pub struct Applied {
    step: Step,
    first: usize,
    count: usize,
}

/// While something is applied again: its nodes before begin at `first`, those of now at `begin`.
#[derive(Debug)]
pub struct Sharing {
    pub first: usize,
    pub begin: usize,
}

impl Lowering<'_, '_> {
    /// Notes a step with a name, so that it can be applied again.
    pub(super) fn record(&mut self, prefix: &str, name: &Ident, step: &Step, first: usize) {
        let count = self.nodes.len() - first;
        if count > 0 {
            self.applied.insert(format!("{prefix}{}", plain(name)), Applied { step: step.clone(), first, count });
        }
    }

    /// `reuse name`. Was there something to apply?
    pub(super) fn reuse(&mut self, step: &Step, keyword: &Ident, layer: &Ident) -> bool {
        let word = plain(layer);
        let Some(applied) = self.seen(&word) else {
            self.unknown(layer, &word);
            self.lost(step, layer.to_token_stream());
            return false;
        };
        let nodes = &self.nodes[applied.first..applied.first + applied.count];
        // What is wrong with it has been said.
        if nodes.iter().any(|node| matches!(node.what, super::What::Lost(_))) {
            self.lost(step, layer.to_token_stream());
            return false;
        }
        if !nodes.iter().any(super::Node::has_tensors) {
            let note = self.template_note();
            let text = format!("`{word}` has no weights to be shared; write `{}` again{note}", crate::text::of(nodes[0].what.tokens()));
            self.report.add(layer, text);
        }
        let mut again = relocate(&applied.step, layer.span());
        again.docs = step.docs.clone();
        again.tags.clone_from(&step.tags);
        // Where it stands now counts, not where it stood first; but what a layer of the user's own gives, nobody else says.
        if step.output.is_some() || !matches!(&again.action, Action::Path(path) if path.args.is_some()) {
            again.output.clone_from(&step.output);
        }
        let name = match &step.name {
            Some(name) => name.clone(),
            None => Ident::new(&self.names.free(&self.prefix, &word), keyword.span()),
        };
        again.name = Some(name);
        // Inside something that is applied again already, its own numbering says where the tensors are.
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

    /// The step of this name that is nearest, from the current prefix outwards.
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

    /// The nodes of the step of this name that is nearest.
    pub(super) fn named(&self, word: &str) -> Option<std::ops::Range<usize>> {
        self.seen(word).map(|applied| applied.first..applied.first + applied.count)
    }

    /// The names of the steps of this level so far.
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
            format!("`{around}.{word}` can be applied again only where it stands; write `{outermost}` to apply all of `{outermost}`")
        } else if self.foreseen.names.iter().any(|name| name == word) {
            format!("`{word}` stands further down; the layer comes first, and `reuse {word}` after it")
        } else if let Some(near) = spelling::nearest(word, &names) {
            format!("write `{near}`")
        } else {
            format!("name the layer `{word}` where it is declared")
        };
        let note = self.template_note();
        self.report.add(layer, format_args!("there is no layer `{word}` to be applied again\nhelp: {help}{note}"));
    }
}

impl super::Node {
    /// May it own tensors?
    pub fn has_tensors(&self) -> bool {
        match &self.what {
            super::What::Layer { row, .. } => row.module.is_some(),
            super::What::Network { .. } | super::What::Custom(_) | super::What::Lost(_) => true,
        }
    }
}
