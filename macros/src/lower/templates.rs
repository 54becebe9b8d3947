//! The templates of a block: which are seen where, and their check by themselves, once and at their declaration.

use proc_macro2::Ident;

use super::scope::Scope;
use super::{Lowering, Peer, What, plain};
use crate::ast::{Template, words};
use crate::parse::import::Import;
use crate::report::Report;
use crate::settings::Symbols;
use crate::{check, layers, resolve};

/// The templates of a block.
#[derive(Debug, Default)]
pub struct Templates {
    list: Vec<Known>,
}

#[derive(Debug)]
pub(super) struct Known {
    pub(super) template: Template,
    /// The block that it is written in: 0 for this one, others for those that templates are imported from.
    pub(super) home: usize,
    /// The block that imports it, and its name there.
    imported: Option<(usize, Ident)>,
    /// It or a nested template has mistakes, which are reported at their place and not at its uses.
    pub(super) broken: bool,
}

impl Templates {
    /// Checks all templates of a block. `networks` are the names of its networks.
    pub fn new(templates: Vec<(Template, Report)>, imports: Vec<Import>, networks: &[Peer], report: &mut Report) -> Self {
        let mut known = Templates::default();
        known.import(imports, 0, &mut 0, report);
        for (template, mut mistakes) in templates {
            let broken = mistakes.len() > 0;
            report.append(&mut mistakes);
            let name = &template.name;
            if known.index(name, 0).is_some() {
                report.add(name, format_args!("two templates are named `{name}`; give this one another name"));
                continue;
            }
            known.list.push(Known { template, home: 0, imported: None, broken });
        }
        for name in known.list.iter().filter_map(|known| known.name(0)) {
            if networks.iter().any(|network| network.name == *name) {
                report.add(name, format_args!("`{name}` is a network of this block; give the template another name"));
            }
        }
        known.portable(networks, report);
        for i in 0..known.list.len() {
            if let Some((place, cycle)) = known.cycle(i) {
                let Known { template: Template { name, .. }, home, .. } = &known.list[i];
                if *home == 0 {
                    report.add(place, format_args!("the template `{name}` contains itself: {cycle}"));
                }
                known.list[i].broken = true;
            }
        }
        // A template that uses a broken one cannot be checked.
        known.spread();
        let uses: Vec<Vec<usize>> = known
            .list
            .iter()
            .map(|one| words(&one.template.steps).iter().filter_map(|used| known.index(used, one.home)).collect())
            .collect();
        // Inner templates first, so that a mistake is reported for the innermost only.
        let mut open: Vec<usize> = (0..known.list.len()).filter(|&i| !known.list[i].broken).collect();
        while let Some(next) = open.iter().position(|i| !uses[*i].iter().any(|used| open.contains(used))) {
            let i = open.remove(next);
            known.list[i].broken = uses[i].iter().any(|&used| known.list[used].broken);
            if !known.list[i].broken {
                let mut mistakes = Report::default();
                known.define(i, networks, &mut mistakes);
                known.list[i].broken = mistakes.len() > 0;
                // Those of imported templates are reported in their own block.
                if known.list[i].home == 0 {
                    report.append(&mut mistakes);
                }
            }
        }
        for known in known.list.iter().filter(|known| known.broken) {
            if let Some((0, name)) = &known.imported {
                report.add(name, format_args!("the template `{name}` has mistakes, which are reported where it is declared"));
            }
        }
        known
    }

    /// Adds the templates of other blocks that the block `to` imports. `homes` counts the blocks.
    fn import(&mut self, imports: Vec<Import>, to: usize, homes: &mut usize, report: &mut Report) {
        for Import { name, block } in imports {
            if layers::find(&plain(&name)).is_some() || layers::is_combinator(&plain(&name)) {
                report.add(
                    &name,
                    format_args!("`{name}` is a built-in layer; import the template under another name: `use .. as Own{name};`"),
                );
                continue;
            }
            if self.index(&name, to).is_some() {
                report.add(&name, format_args!("two templates are named `{name}`; import one under another name: `use .. as ..;`"));
                continue;
            }
            *homes += 1;
            let home = *homes;
            let mut imported = Some((to, name));
            for (template, mistakes) in block.templates {
                self.list.push(Known { template, home, imported: imported.take(), broken: mistakes.len() > 0 });
            }
            self.import(block.imports, home, homes, &mut Report::default());
        }
    }

    /// Reports networks of this block in templates that other blocks use: they are found by their path only.
    fn portable(&self, networks: &[Peer], report: &mut Report) {
        let mut open: Vec<usize> = self.list.iter().enumerate().filter(|(_, known)| known.is_shared()).map(|(i, _)| i).collect();
        let mut at = 0;
        while let Some(&i) = open.get(at) {
            at += 1;
            for used in words(&self.list[i].template.steps) {
                if networks.iter().any(|network| network.name == used) {
                    let name = &self.list[open[0]].template.name;
                    report.add(
                        &used,
                        format_args!("other blocks that use the template `{name}` do not see the network `{used}`\nhelp: write its path: `crate::{used}`"),
                    );
                }
                open.extend(self.index(&used, 0).filter(|next| self.list[*next].home == 0 && !open.contains(next)));
            }
        }
    }

    /// A template that uses a broken one is broken.
    fn spread(&mut self) {
        loop {
            let used = |known: &Known| {
                words(&known.template.steps).iter().filter_map(|used| self.index(used, known.home)).any(|used| self.list[used].broken)
            };
            let Some(next) = self.list.iter().position(|known| !known.broken && used(known)) else { return };
            self.list[next].broken = true;
        }
    }

    /// The names of templates in a block.
    pub fn names(&self, home: usize) -> impl Iterator<Item = String> {
        self.list.iter().filter_map(move |known| known.name(home)).map(plain)
    }

    /// The template of this name in a block.
    pub(super) fn find(&self, name: &Ident, home: usize) -> Option<&Known> {
        self.index(name, home).map(|i| &self.list[i])
    }

    /// The place of the template of this name in a block. An imported template may be given a layer that is a template of the block that uses it.
    fn index(&self, name: &Ident, home: usize) -> Option<usize> {
        let of = |home| self.list.iter().position(|known| known.name(home) == Some(name));
        of(home).or_else(|| of(0))
    }

    /// The block's own templates.
    pub fn own(&self) -> Vec<&Template> {
        self.list.iter().filter(|known| known.home == 0).map(|known| &known.template).collect()
    }

    /// The use through which a template contains itself, and the path to it.
    fn cycle(&self, start: usize) -> Option<(Ident, String)> {
        let mut way = vec![(start, None::<Ident>)];
        let mut seen = vec![start];
        // Depth first, each template once.
        while let Some((at, first)) = way.pop() {
            for used in words(&self.list[at].template.steps) {
                let Some(next) = self.index(&used, self.list[at].home) else { continue };
                let place = first.clone().unwrap_or_else(|| used.clone());
                if next == start {
                    let through = if at == start { String::new() } else { format!(" -> `{}`", self.list[at].template.name) };
                    let name = &self.list[start].template.name;
                    return Some((place, format!("`{name}`{through} -> `{name}`")));
                }
                if !seen.contains(&next) {
                    seen.push(next);
                    way.push((next, Some(place)));
                }
            }
        }
        None
    }

    /// Checks a template by itself, with open arguments, so that its mistakes are reported once and at their place.
    fn define(&self, at: usize, networks: &[Peer], report: &mut Report) {
        let template = &self.list[at].template;
        check::steps(&template.steps, report);
        // An argument may be a tag: each stands for a value of its own.
        let words = template.params.iter().map(|param| (param.name.to_string(), None));
        let inputs = std::iter::once(("input".to_owned(), None)).chain(words).collect();
        let mut lowering = Lowering::new(self, networks.to_vec(), inputs, None, report);
        lowering.definition = true;
        lowering.open_words = template.params.iter().map(|param| param.name.to_string()).collect();
        lowering.within = vec![template.name.clone()];
        lowering.home = self.list[at].home;
        lowering.scopes = vec![Scope::of_template(0, Vec::new())];
        lowering.foresee(&template.steps);
        lowering.steps(&template.steps);
        lowering.close_scope();
        let nodes = std::mem::take(&mut lowering.nodes);
        let inner = template.name.clone();
        let mut symbols = Symbols::new(&inner);
        for node in &nodes {
            // Nested templates are checked separately.
            if let (What::Layer { row, layer, .. }, true) = (&node.what, node.note.matches(" in ").count() <= 1) {
                // The options of a `MaxUnpool2d` are checked at its pool.
                if !layers::is_unpool(row) {
                    resolve::settings(row, layer, &node.path, None, &mut symbols, report);
                }
            }
        }
    }
}

impl Known {
    /// Its name in a block, if it is seen there.
    fn name(&self, home: usize) -> Option<&Ident> {
        match &self.imported {
            Some((to, name)) if *to == home => Some(name),
            _ => Some(&self.template.name).filter(|_| self.home == home),
        }
    }

    fn is_shared(&self) -> bool {
        self.home == 0 && !matches!(self.template.vis, syn::Visibility::Inherited)
    }
}
