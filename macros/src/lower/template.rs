//! The use of a template: its arguments, and its steps in the place of a layer.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;

use super::names::snake;
use super::relocate::{fill, instantiate};
use super::scope::Scope;
use super::{Lowering, MAX_DEPTH, plain};
use crate::ast::{Arg, Layer, Step, Template};
use crate::{parse, spelling};

impl Lowering<'_, '_> {
    /// A template in the place of a layer.
    pub(super) fn template(&mut self, step: &Step, layer: &Layer) {
        let templates = self.templates;
        let Some(known) = templates.find(&layer.kind, self.home) else { return };
        let template = &known.template;
        if known.broken || layer.illegible_args {
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
        let home = std::mem::replace(&mut self.home, known.home);
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
                Err(_) if parse::braces(tokens).is_some() => words_of(tokens, &mut words),
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
            parse::branch(&value, self.report);
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
