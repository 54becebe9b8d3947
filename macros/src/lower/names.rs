//! The paths of layers, and their fields in the struct.

use std::collections::HashMap;

use proc_macro2::{Ident, Span};
use quote::format_ident;

use super::{Lowering, What};
use crate::ast::Step;
use crate::text::plain;

/// The field in the struct that is not a layer.
pub const RUNTIME: &str = "__runtime";

/// The names of a network so far.
#[derive(Debug, Default)]
pub struct Names {
    /// The number of steps of a kind below a prefix.
    counts: HashMap<(String, String), usize>,
    /// All paths, each with the user's name if there is one, and the layer's kind for a generated path.
    paths: HashMap<String, Given>,
    /// All fields and their paths.
    fields: HashMap<String, String>,
}

#[derive(Debug)]
struct Given {
    user: Option<Ident>,
    kind: String,
}

/// `DoubleConv` as `double_conv`, `VGG11` as `vgg11`.
pub fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, &letter) in letters.iter().enumerate() {
        let after_small = i > 0 && (letters[i - 1].is_lowercase() || letters[i - 1].is_ascii_digit());
        let before_small = i > 0 && letters.get(i + 1).is_some_and(|next| next.is_lowercase()) && letters[i - 1] != '_';
        if letter.is_uppercase() && (after_small || before_small) {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

impl Lowering<'_, '_> {
    /// The path of a step: its name, or one generated from its kind and its index among the steps of this kind below the same prefix. The index
    /// counts named steps too, so that naming one does not change the names of the others or their parameters' paths.
    /// Directly in a `Sequential` the name is the index alone, for any kind.
    pub(super) fn path_of(&mut self, step: &Step, kind: &str, written: Option<&Ident>) -> String {
        let count = self.names.counts.entry((self.prefix.clone(), kind.to_owned())).or_default();
        *count += 1;
        let made_up = match &mut self.numbering {
            Some((prefix, next)) if *prefix == self.prefix => {
                *next += 1;
                (*next - 1).to_string()
            }
            _ => format!("{kind}_{count}"),
        };
        let name = step.name.as_ref().map_or(made_up, plain);
        if let Some(name) = &step.name {
            self.check_word(name);
        }
        let path = format!("{}{name}", self.prefix);
        self.claim(path, step.name.as_ref(), written)
    }

    /// Whether an unnamed step gets an index here.
    pub(super) fn is_numbered(&self) -> bool {
        self.numbering.as_ref().is_some_and(|(prefix, _)| *prefix == self.prefix)
    }

    /// Claims a path; one that is already taken is reported and replaced.
    fn claim(&mut self, mut path: String, user: Option<&Ident>, written: Option<&Ident>) -> String {
        let given = Given { user: user.cloned(), kind: written.map(Ident::to_string).unwrap_or_default() };
        if let Some(other) = self.names.paths.get(&path) {
            let word = path.rsplit('.').next().unwrap_or_default().to_owned();
            let note = self.template_note();
            let made_up = |kind: &str| {
                format!("`{word}` is also the name that an unnamed `{kind}` of this network gets; name that one, or choose another{note}")
            };
            match (&other.user, user) {
                (Some(_), Some(name)) => {
                    self.report.add(name, format_args!("two layers are named `{word}`; give this one another name{note}"))
                }
                (None, Some(name)) => {
                    let text = made_up(&other.kind);
                    self.report.add(name, text);
                }
                (Some(name), None) => {
                    let (name, text) = (name.clone(), made_up(&given.kind));
                    self.report.add(name, text);
                }
                (None, None) => {}
            }
            while self.names.paths.contains_key(&path) {
                path.push('_');
            }
        }
        self.names.paths.insert(path.clone(), given);
        path
    }

    /// Starts placing steps below a step's name, or below one generated from `kind` for steps that need one. Returns the prefix
    /// to restore.
    pub(super) fn open(&mut self, step: &Step, kind: &str, written: &Ident) -> String {
        let path = self.path_of(step, kind, Some(written));
        std::mem::replace(&mut self.prefix, format!("{path}."))
    }

    /// Names become fields, so they must be valid field names.
    fn check_word(&mut self, name: &Ident) {
        let word = name.to_string();
        if syn::parse_str::<Ident>(&word).is_ok() {
            if word == RUNTIME {
                self.report.add(name, format_args!("the name `{word}` is taken by generated code; choose another"));
            }
        } else if matches!(word.as_str(), "self" | "Self" | "super" | "crate" | "_") {
            self.report.add(name, format_args!("a layer cannot be named `{word}`, since its name becomes a field; choose another"));
        } else {
            self.report.add(
                name,
                format_args!("`{word}` is a keyword of Rust, and a layer's name becomes a field\nhelp: write `r#{word}`, or another name"),
            );
        }
    }
}

impl Names {
    /// An unused path: `base`, or with a number.
    pub fn free(&self, prefix: &str, base: &str) -> String {
        let mut count = 2;
        let mut name = format!("{base}_{count}");
        while self.paths.contains_key(&format!("{prefix}{name}")) {
            count += 1;
            name = format!("{base}_{count}");
        }
        name
    }

    /// An unused path, for a node that is not one of the user's steps.
    pub fn unused(&self, mut path: String) -> String {
        while self.paths.contains_key(&path) {
            path.push('_');
        }
        path
    }

    /// The field for a path, with underscores for dots. Fields are always distinct, even after a mistake, which has been
    /// reported and must not be repeated by the compiler.
    pub fn field(&mut self, path: &str, user: Option<&Ident>, what: &What) -> Ident {
        let span = user.map_or_else(|| what.head().into_iter().next().map_or_else(Span::call_site, |token| token.span()), Ident::span);
        let mut word = path.replace('.', "_");
        // The first layer of a network that is a sequence.
        if word.starts_with(|letter: char| letter.is_ascii_digit()) {
            word.insert(0, '_');
        }
        let raw = user.is_some_and(|name| name.to_string().starts_with("r#") && plain(name) == word);
        if !raw && (syn::parse_str::<Ident>(&word).is_err() || word == RUNTIME) {
            word.push('_');
        }
        while self.fields.contains_key(&word) {
            word.push('_');
        }
        self.fields.insert(word.clone(), path.to_owned());
        match syn::parse_str::<Ident>(&format!("r#{word}")) {
            Ok(_) if raw => Ident::new_raw(&word, span),
            _ if syn::parse_str::<Ident>(&word).is_ok() => Ident::new(&word, span),
            _ => format_ident!("layer_{}", self.fields.len(), span = span),
        }
    }

    /// The path that already has the field of another path.
    pub fn collision(&self, path: &str) -> Option<&str> {
        let other = self.fields.get(&path.replace('.', "_"))?;
        (other != path).then_some(other)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{mistakes, with_model};

    fn paths(block: &str) -> Vec<String> {
        with_model(block, |model, report| {
            assert_eq!(report.len(), 0, "{:?}", report.texts());
            model.nodes.iter().map(|node| node.name.clone()).collect()
        })
    }

    #[test]
    fn steps_of_a_sequence_are_counted() {
        let block = "
            block two(width) { fc: Linear(width), ReLU }
            N: [4] -> [3] {
                first: Sequential { Linear(4), ReLU, Residual { Linear(4), Tanh }, two(5), last: Linear(4), ReLU },
                Sequential { Repeat(2) { two(6), Tanh }, inner: Repeat(2) { ReLU }, Sequential { ReLU, Mul { {}, { Linear(6) } } } },
                Linear(3),
            }";
        let expected = [
            "first.0",
            "first.1",
            "first.2.linear_1",
            "first.2.tanh_1",
            "first.2",
            "first.3.fc",
            "first.3.relu_1",
            "first.last",
            "first.5",
            "sequential_2.0.fc",
            "sequential_2.0.relu_1",
            "sequential_2.1",
            "sequential_2.2.fc",
            "sequential_2.2.relu_1",
            "sequential_2.3",
            "sequential_2.inner.0.relu_1",
            "sequential_2.inner.1.relu_1",
            "sequential_2.5.0",
            "sequential_2.5.1.linear_1",
            "sequential_2.5.1",
            "linear_1",
        ];
        assert_eq!(paths(block), expected);
    }

    #[test]
    fn what_drops_a_body_has_a_name_of_its_own() {
        let block = "N: [4] -> [4] { r: Residual(shortcut = { drop: Linear(4) }, drop = 0.5) { drop_: Linear(4) } }";
        assert_eq!(paths(block), ["r.drop_", "r.drop__", "r.drop", "r"]);
    }

    #[test]
    fn only_layers_with_tensors_take_a_field() {
        assert_eq!(paths("N: [4] -> [4] { a_b: ReLU, a: Sequential { b: Linear(4) } }"), ["a_b", "a.b"]);
        assert_eq!(mistakes("N: [4] -> [4] { a_b: PReLU, a: Sequential { b: Linear(4) } }").len(), 1);
    }

    #[test]
    fn a_sequence_again() {
        let block = "N: [4] -> [4] { a: Sequential { Linear(4), ReLU }, reuse a, b: Sequential { Linear(4), reuse a } }";
        assert_eq!(paths(block), ["a.0", "a.1", "a_2.0", "a_2.1", "b.0", "b.a_2.0", "b.a_2.1"]);
    }

    #[test]
    fn what_is_no_sequence() {
        assert_eq!(mistakes("N: [4] -> [4] { Sequential { } }"), ["`Sequential` has no layers"]);
        let text = "`Sequential` is followed by its layers in braces, but found `(..)`";
        let said = mistakes("N: [4] -> [4] { Sequential(ReLU) }");
        assert!(said.len() == 1 && said[0].starts_with("`Sequential` is followed by its layers in braces"), "{said:?} {text}");
        let said = mistakes("N: [4] -> [3] { Sequential { ReLU, Linear(5) } -> [3] }");
        assert!(said.len() == 1 && said[0].contains("`1`"), "{said:?}");
    }

    #[test]
    fn words_in_small_letters() {
        for (name, word) in
            [("DoubleConv", "double_conv"), ("VGG11", "vgg11"), ("ResNet18Block", "res_net18_block"), ("UNet", "u_net"), ("A", "a")]
        {
            assert_eq!(super::snake(name), word);
        }
    }
}
