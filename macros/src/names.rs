//! The names of layers: the user's, and those made up.

use std::collections::HashMap;

use proc_macro2::Ident;
use quote::format_ident;

use crate::ast::{Action, Step};
use crate::layers;
use crate::report::Report;

/// The field in the struct that is no layer.
pub const RUNTIME: &str = "__runtime";

/// The names of all steps, checked. A layer without a name is called after its kind and its place among those of the kind; that place
/// counts named layers too, so that naming one layer leaves the others' names, and with them their parameters' paths, as they were.
pub fn names(steps: &[Step], report: &mut Report) -> Vec<Ident> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let names: Vec<Ident> = steps
        .iter()
        .map(|step| {
            let (prefix, span) = match &step.action {
                Action::Layer(layer) => {
                    let row = layers::find(&layer.kind.to_string()).or_else(|| layers::nearest(&layer.kind.to_string()));
                    (row.map_or("layer", |row| row.prefix), layer.kind.span())
                }
                Action::Illegible => ("layer", proc_macro2::Span::call_site()),
            };
            let count = counts.entry(prefix).or_default();
            *count += 1;
            step.name.clone().unwrap_or_else(|| format_ident!("{prefix}_{count}", span = span))
        })
        .collect();
    check_words(steps, report);
    check_unique(steps, &names, report);
    fields(names)
}

/// Names that can stand side by side in a struct, whatever the user wrote: a mistake has been reported, and is not to be repeated by
/// the compiler.
fn fields(names: Vec<Ident>) -> Vec<Ident> {
    let mut fields: Vec<Ident> = Vec::new();
    for name in names {
        let mut word = name.to_string();
        if syn::parse_str::<Ident>(&word).is_err() || word == RUNTIME {
            word.push('_');
        }
        while fields.iter().any(|other| *other == word) {
            word.push('_');
        }
        fields.push(if name == word { name } else { format_ident!("{word}", span = name.span()) });
    }
    fields
}

/// A name without `r#`: what stands in paths of parameters.
pub fn plain(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// Names become fields: they must be words that Rust accepts there.
fn check_words(steps: &[Step], report: &mut Report) {
    for name in steps.iter().filter_map(|step| step.name.as_ref()) {
        let word = name.to_string();
        if syn::parse_str::<Ident>(&word).is_ok() {
            if word == RUNTIME {
                report.add(name, format_args!("the name `{word}` is taken by generated code; choose another"));
            }
        } else if matches!(word.as_str(), "self" | "Self" | "super" | "crate" | "_") {
            report.add(name, format_args!("a layer cannot be named `{word}`, since its name becomes a field; choose another"));
        } else {
            report.add(
                name,
                format_args!("`{word}` is a keyword of Rust, and a layer's name becomes a field\nhelp: write `r#{word}`, or another name"),
            );
        }
    }
}

/// No two layers have the same name.
fn check_unique(steps: &[Step], names: &[Ident], report: &mut Report) {
    for (i, step) in steps.iter().enumerate() {
        let Some(name) = &step.name else { continue };
        let word = plain(name);
        let same = |(other, _): &(&Ident, &Step)| plain(other) == word;
        if names.iter().zip(steps).take(i).filter(|(_, step)| step.name.is_some()).any(|pair| same(&pair)) {
            report.add(name, format_args!("two layers are named `{word}`; give this one another name"));
        } else if let Some((_, Step { action: Action::Layer(layer), .. })) =
            names.iter().zip(steps).filter(|(_, step)| step.name.is_none()).find(same)
        {
            let kind = &layer.kind;
            report.add(
                name,
                format_args!("`{word}` is also the name that an unnamed `{kind}` of this network gets; name that one, or choose another"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{mistakes, with_model};

    fn names(body: &str) -> Vec<String> {
        with_model(&format!("N: [4] -> [4] {{ {body} }}"), |model, _| model.nodes.iter().map(|node| node.name.to_string()).collect())
    }

    #[test]
    fn made_up_names_count_by_kind_and_do_not_move() {
        assert_eq!(
            names("Linear(4), ReLU, BatchNorm1d, LeakyReLU, Linear(4), ReLU"),
            ["linear_1", "relu_1", "batch_norm1d_1", "leaky_relu_1", "linear_2", "relu_2"]
        );
        assert_eq!(names("fc: Linear(4), ReLU, Linear(4)"), ["fc", "relu_1", "linear_2"]);
    }

    #[test]
    fn whatever_the_names_the_fields_can_stand_side_by_side() {
        assert_eq!(
            names("a: Linear(4), a: Linear(4), type: Linear(4), r#type: Linear(4), a_: Linear(4)"),
            ["a", "a_", "type_", "r#type", "a__"]
        );
        let found = mistakes("N: [4] -> [4] { a: ReLU, r#a: ReLU, self: ReLU, linear_1: ReLU, Linear(4), __runtime: Linear(4) }");
        assert_eq!(found.len(), 4, "{found:#?}");
    }
}
