//! Tags: where they are defined and seen.

use std::collections::HashMap;

use proc_macro2::Ident;

use super::{Lowering, plain};
use crate::ast::Step;
use crate::spelling;

/// The tags of a body. A repetition and a template have scopes of their own; a template's does not see those around it.
#[derive(Debug, Default)]
pub struct Scope {
    tags: HashMap<String, Tag>,
    /// Those around it are not seen.
    closed: bool,
    /// Inside a template the current value at its beginning is called `input`.
    input: Option<usize>,
}

impl Scope {
    /// That of a template, whose current value at the beginning is this, and which is given these tags.
    pub fn of_template(input: usize, passed: Vec<(Ident, usize)>) -> Self {
        // They have been used where they were passed on.
        let tag = |(name, value): (Ident, usize)| (plain(&name), Tag { name, value, used: true });
        Self { tags: passed.into_iter().map(tag).collect(), closed: true, input: Some(input) }
    }
}

#[derive(Debug)]
struct Tag {
    name: Ident,
    value: usize,
    used: bool,
}

/// Stands for a tag where one of several tensors is not used.
const UNNAMED: &str = "_";

/// What the steps will define, to tell a word that comes too early from one that never comes.
#[derive(Debug, Default)]
pub struct Foreseen {
    tags: Vec<String>,
    pub names: Vec<String>,
}

impl Foreseen {
    fn add(&mut self, steps: &[Step]) {
        for step in steps {
            self.tags.extend(step.tags.iter().map(plain).filter(|word| word != UNNAMED));
            self.names.extend(step.name.iter().map(plain));
            step.action.bodies().into_iter().for_each(|steps| self.add(steps));
        }
    }
}

impl Lowering<'_, '_> {
    /// Notes what the steps will define.
    pub(super) fn foresee(&mut self, steps: &[Step]) {
        self.foreseen.add(steps);
    }

    /// Defines the tags behind a step whose nodes begin at `first`.
    pub(super) fn tags(&mut self, step: &Step, first: usize) {
        match step.tags.len() {
            0 => {}
            1 => self.tag(&step.tags[0], self.current),
            // What is lost gives as many as there are tags.
            _ if self.nodes.last().is_some_and(|node| matches!(node.what, super::What::Lost(_))) => {
                for tag in &step.tags {
                    self.tag(tag, self.current);
                }
            }
            count => {
                // Only layers of several outputs make several tensors.
                let values = self.parts(first);
                if values.len() == count {
                    for (tag, value) in step.tags.iter().zip(values) {
                        self.tag(tag, value);
                    }
                } else {
                    let gives = match values.len() {
                        0 | 1 => "one tensor".to_owned(),
                        many => format!("{many} tensors"),
                    };
                    let tags: proc_macro2::TokenStream = step.tags.iter().map(|tag| quote::quote!(#tag)).collect();
                    self.report.add(tags, format_args!("this step gives {gives}, but {} it", tags_stand(count)));
                    self.vague.insert(self.current);
                    for tag in &step.tags {
                        self.tag(tag, self.current);
                    }
                }
            }
        }
    }

    /// The values of a step whose nodes begin at `first`: all outputs of a single layer, or the current value after several layers.
    fn parts(&self, first: usize) -> Vec<usize> {
        match self.nodes.get(first..) {
            Some([node]) => node.values().collect(),
            _ => vec![self.current],
        }
    }

    /// Whether the tag of a value may be unused. The tag of one of several outputs may, if the value is used without the tag: the first output is
    /// the current tensor. The tags of a recurrent layer's output and states always may.
    fn may_be_unused(&self, value: usize) -> bool {
        match self.what(value) {
            Some(super::What::Layer { row, outputs: 2.., .. }) => self.used[value] || crate::layers::states(row).is_some(),
            Some(super::What::Network { .. }) => self.used[value],
            _ => false,
        }
    }

    fn tag(&mut self, tag: &Ident, value: usize) {
        let word = plain(tag);
        if word == UNNAMED {
            self.used[value] = true;
            return;
        }
        if self.inputs.iter().any(|(name, _)| *name == word) && !self.scopes.iter().any(|scope| scope.closed) {
            self.report.add(tag, format_args!("`{word}` is an input of this network; give the tag another name"));
            return;
        }
        if self.visible(&word).is_some() {
            self.report.add(tag, format_args!("two tensors are tagged `{word}`; give this one another tag"));
            return;
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.tags.insert(word, Tag { name: tag.clone(), value, used: false });
            // Those of a template belong to its uses.
            if self.within.is_empty() {
                self.words.push(super::Word { name: tag.clone(), value, uses: Vec::new() });
            }
        }
    }

    /// The scope that has a tag of this name.
    pub(super) fn visible(&self, word: &str) -> Option<usize> {
        for (i, scope) in self.scopes.iter().enumerate().rev() {
            if scope.tags.contains_key(word) {
                return Some(i);
            }
            if scope.closed {
                return None;
            }
        }
        None
    }

    /// Whether the steps are those of a template.
    pub(super) fn is_in_template(&self) -> bool {
        self.scopes.iter().any(|scope| scope.closed)
    }

    /// An input's name or a tag by which a value can be gone back to here.
    pub(super) fn name_of(&self, value: usize) -> Option<String> {
        let closed = self.scopes.iter().rposition(|scope| scope.closed);
        let input = match closed {
            Some(template) => (self.scopes[template].input == Some(value)).then(|| "input".to_owned()),
            None => self.inputs.get(value).map(|(name, user)| user.as_ref().map_or_else(|| name.clone(), Ident::to_string)),
        };
        let tags = self.scopes[closed.unwrap_or(0)..].iter().flat_map(|scope| scope.tags.values());
        input.or_else(|| tags.filter(|tag| tag.value == value).map(|tag| tag.name.to_string()).min())
    }

    /// The value that a tag or an input's name stands for; None is reported.
    pub(super) fn find(&mut self, tag: &Ident) -> Option<usize> {
        let word = plain(tag);
        if let Some(scope) = self.visible(&word)
            && let Some(found) = self.scopes[scope].tags.get_mut(&word)
        {
            found.used = true;
            let (name, value) = (found.name.clone(), found.value);
            self.note_use(&name, value, tag);
            return Some(value);
        }
        let template = self.scopes.iter().rev().find(|scope| scope.closed);
        match template {
            Some(scope) if word == "input" => return scope.input,
            // An argument of the template that is checked.
            Some(_) if self.definition => {
                if let Some(argument) = self.inputs.iter().position(|(name, _)| *name == word) {
                    return Some(argument);
                }
            }
            Some(_) => {}
            None => {
                if let Some(input) = self.inputs.iter().position(|(name, _)| *name == word) {
                    if let Some(name) = self.inputs[input].1.clone() {
                        self.note_use(&name, input, tag);
                    }
                    return Some(input);
                }
            }
        }
        self.unsound = true;
        let closed = template.is_some();
        let text = format!("there is no tag `{word}`");
        let mut words: Vec<&str> = Vec::new();
        for scope in self.scopes.iter().rev() {
            words.extend(scope.tags.keys().map(String::as_str));
            if scope.closed {
                break;
            }
        }
        if closed {
            words.push("input");
        } else {
            words.extend(self.inputs.iter().map(|(name, _)| name.as_str()));
        }
        words.sort_unstable();
        let help = if self.ended.contains(&word) {
            format!("`{word}` is visible only inside the `Repeat` that defines it; write `as {word}` after the `Repeat` to tag its output")
        } else if self.foreseen.tags.contains(&word) {
            "the step that defines it comes later; a network is written in the order in which it runs".to_owned()
        } else if let Some(near) = spelling::nearest(&word, &words) {
            format!("write `{near}`")
        } else if self.foreseen.names.contains(&word) {
            format!("`{word}` is a layer; write `as {word}` after it to tag its output")
        } else {
            format!("write `as {word}` after the step that produces the tensor; tags in scope: {}", words.join(", "))
        };
        let note = self.template_note();
        self.report.add(tag, format_args!("{text}\nhelp: {help}{note}"));
        None
    }

    /// Notes that a tag or an input is used.
    fn note_use(&mut self, name: &Ident, value: usize, tag: &Ident) {
        if self.within.is_empty()
            && let Some(word) = self.words.iter_mut().rfind(|word| word.value == value && word.name == *name)
        {
            word.uses.push(tag.clone());
        }
    }

    /// Ends the innermost scope: its tags must have been used.
    pub(super) fn close_scope(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        if !scope.closed {
            self.ended.extend(scope.tags.keys().cloned());
        }
        let mut unused: Vec<Tag> = scope.tags.into_values().filter(|tag| !tag.used && !self.may_be_unused(tag.value)).collect();
        unused.sort_by_key(|tag| tag.value);
        for tag in unused {
            // The tensor itself has a message already.
            self.used[tag.value] = true;
            if self.unsound {
                continue;
            }
            let note = self.template_note();
            let text = format!("the tag `{}` is never used; remove it, or write `from {0}` or `Add({0})`{note}", plain(&tag.name));
            self.report.add(&tag.name, text);
        }
    }

    /// Notes that tags are used, of which nothing comes after a mistake.
    pub(super) fn touch(&mut self, expression: &syn::Expr) {
        if let Some(tag) = super::joins::word(expression).filter(|tag| self.is_tag(tag)) {
            let tag = tag.clone();
            self.find(&tag);
        }
    }

    /// In which template the current step stands.
    pub(super) fn template_note(&self) -> String {
        self.within.last().map_or_else(String::new, |name| format!("\nnote: in the template `{name}`"))
    }
}

/// "no tag follows", "1 tag follows", "3 tags follow"
pub(super) fn tags_stand(count: usize) -> String {
    match count {
        0 => "no tag follows".to_owned(),
        1 => "1 tag follows".to_owned(),
        many => format!("{many} tags follow"),
    }
}
