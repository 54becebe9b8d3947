//! Templates: checked once at their definition, and expanded at each use.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;

use super::names::snake;
use super::relocate::{fill, instantiate, is_branch};
use super::scope::Scope;
use super::{Lowering, MAX_DEPTH, Peer, What, plain};
use crate::ast::{Arg, Layer, Step, Template, words};
use crate::parse::import::Import;
use crate::report::Report;
use crate::settings::Symbols;
use crate::{check, layers, parse, resolve, spelling};

/// The templates of a block.
#[derive(Debug, Default)]
pub struct Templates {
    list: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    template: Template,
    /// The block that it is written in: 0 for this one, others for those that templates are imported from.
    home: usize,
    /// The block that imports it, and its name there.
    imported: Option<(usize, Ident)>,
    /// It or a nested template has mistakes, which are reported at their place and not at its uses.
    broken: bool,
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

    /// Whether the word is a template in a block.
    pub(super) fn knows(&self, name: &Ident, home: usize) -> bool {
        self.index(name, home).is_some()
    }

    /// The template of this name in a block. An imported template may be given a layer that is a template of the block that uses it.
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

impl Lowering<'_, '_> {
    /// A template in the place of a layer.
    pub(super) fn template(&mut self, step: &Step, layer: &Layer) {
        let templates = self.templates;
        let Some(at) = templates.index(&layer.kind, self.home) else { return };
        let template = &templates.list[at].template;
        if templates.list[at].broken || layer.illegible_args {
            return self.broken(step, layer);
        }
        if self.within.len() >= MAX_DEPTH {
            self.report.add(&layer.kind, format_args!("templates can be nested at most {MAX_DEPTH} deep"));
            self.overflow = true;
            return;
        }
        let Some(arguments) = self.bind(template, layer) else { return self.broken(step, layer) };
        let steps = instantiate(&template.steps, layer.kind.span(), &arguments);
        // Tags that are passed on are seen inside.
        let passed = self.passed(&arguments);
        let outer = self.open(step, &snake(&plain(&layer.kind)), &layer.kind);
        let floor = std::mem::replace(&mut self.floor, self.prefix.len());
        let foreseen = std::mem::take(&mut self.foreseen);
        self.foresee(&steps);
        self.within.push(layer.kind.clone());
        let home = std::mem::replace(&mut self.home, templates.list[at].home);
        self.scopes.push(Scope::of_template(self.current, passed));
        self.steps(&steps);
        self.close_scope();
        self.home = home;
        self.within.pop();
        self.foreseen = foreseen;
        self.floor = floor;
        self.prefix = outer;
    }

    /// The arguments that are tags or inputs where the template is used, and their values.
    fn passed(&mut self, arguments: &HashMap<String, TokenStream>) -> Vec<(Ident, usize)> {
        let mut passed = Vec::new();
        for tokens in arguments.values() {
            let mut words = Vec::new();
            match syn::parse2::<Ident>(tokens.clone()) {
                Ok(word) => words.push(word),
                Err(_) if is_branch(tokens) => words_of(tokens, &mut words),
                Err(_) => continue,
            }
            for word in words {
                // In the template this is its own input.
                if plain(&word) != "input" && self.is_tag(&word) {
                    passed.extend(self.find(&word).map(|value| (word, value)));
                }
            }
        }
        passed
    }

    /// The output of a template that cannot be expanded: unknown, or as stated.
    fn broken(&mut self, step: &Step, layer: &Layer) {
        self.lost(step, layer.tokens.clone());
    }

    /// The value of each parameter.
    fn bind(&mut self, template: &Template, layer: &Layer) -> Option<HashMap<String, TokenStream>> {
        let name = &template.name;
        let mistakes = self.report.len();
        let mut given: HashMap<String, TokenStream> = HashMap::new();
        let mut next = 0;
        let words: Vec<String> = template.params.iter().map(|param| param.name.to_string()).collect();
        let how = usage(template);
        for arg in &layer.args {
            let (key, value) = match arg {
                Arg::Position { input: Some(input), .. } => {
                    self.report.add(input, format_args!("`{name}` is a template and takes no `in -> out`\nhelp: write `{how}`"));
                    continue;
                }
                Arg::Position { input: None, size } => match words.get(next) {
                    Some(word) => {
                        next += 1;
                        (word.clone(), size)
                    }
                    None => {
                        let count = match words.len() {
                            0 => "no arguments".to_owned(),
                            1 => "one argument".to_owned(),
                            many => format!("{many} arguments"),
                        };
                        self.report.add(size, format_args!("the template `{name}` takes {count}\nhelp: write `{how}`"));
                        continue;
                    }
                },
                Arg::Option { key, value } => {
                    let word = plain(key);
                    if !words.contains(&word) {
                        let candidates: Vec<&str> = words.iter().map(String::as_str).collect();
                        let help = spelling::nearest(&word, &candidates)
                            .map_or_else(|| format!("write `{how}`"), |near| format!("write `{near}`"));
                        self.report.add(key, format_args!("the template `{name}` has no argument `{word}`\nhelp: {help}"));
                        continue;
                    }
                    if given.contains_key(&word) {
                        self.report.add(key, format_args!("`{word}` of the template `{name}` is given twice; keep one"));
                        continue;
                    }
                    (word, value)
                }
            };
            let value = value.to_token_stream();
            // Its mistakes are reported here, and it is parsed again where the argument stands.
            parse::branch(value.clone(), self.report);
            given.insert(key, grouped(value));
        }
        let mut missing = Vec::new();
        // A default may name arguments before it.
        for param in &template.params {
            let word = param.name.to_string();
            if given.contains_key(&word) {
                continue;
            }
            match &param.default {
                Some(default) => {
                    let default = fill(default, layer.kind.span(), &given);
                    given.insert(word, grouped(default));
                }
                None => missing.push(format!("`{word}`")),
            }
        }
        if !missing.is_empty() && self.report.len() == mistakes {
            self.report.add(&layer.kind, format_args!("the template `{name}` lacks {}\nhelp: write `{how}`", missing.join(" and ")));
        }
        (self.report.len() == mistakes).then_some(given)
    }
}

/// All words of tokens.
fn words_of(tokens: &TokenStream, words: &mut Vec<Ident>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(word) if !words.contains(&word) => words.push(word),
            TokenTree::Group(group) => words_of(&group.stream(), words),
            _ => {}
        }
    }
}

/// How a template is used.
fn usage(template: &Template) -> String {
    let params = template.params.iter().map(|param| match &param.default {
        Some(default) => format!("{} = {}", param.name, crate::text::of(default)),
        None => param.name.to_string(),
    });
    let params: Vec<String> = params.collect();
    if params.is_empty() { template.name.to_string() } else { format!("{}({})", template.name, params.join(", ")) }
}

/// An argument remains one operand: `2 * channels` with `channels` of `a + b` is `2 * (a + b)`. The parentheses are
/// invisible, and single tokens have none.
fn grouped(tokens: TokenStream) -> TokenStream {
    if tokens.clone().into_iter().count() <= 1 {
        return tokens;
    }
    let mut group = Group::new(Delimiter::None, tokens.clone());
    if let Some(first) = tokens.into_iter().next() {
        group.set_span(first.span());
    }
    group.to_token_stream()
}
