//! Items at the places of words.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

use crate::ast::{Action, Arg, Layer, Step, Template};
use crate::expand::gives;
use crate::layers::{self, Choice, Default, Row};
use crate::lower::{What, Word};
use crate::shape::{Model, Node, producer};
use crate::text;

/// The items of a network's layers, options and tags.
pub fn network(model: &Model) -> TokenStream {
    // Of a repetition's layers the first; those of a template have no place of their own.
    let own = |node: &&Node| node.copies.is_none() && node.shares.is_none() && !node.note.contains("in the template `");
    let layers = model.nodes.iter().filter(own).map(|node| layer(node, &made(model, node)));
    let words = model.words.iter().map(|word| tag(model, word));
    within(layers.chain(words).collect())
}

/// The items of templates and their uses, and of the layers in them, whose shapes depend on the use.
pub fn templates(templates: &[&Template], networks: &[&[Step]]) -> TokenStream {
    let mut bodies: Vec<&[Step]> = networks.to_vec();
    bodies.extend(templates.iter().map(|template| template.steps.as_slice()));
    let mut used = Vec::new();
    bodies.iter().for_each(|steps| used.extend(crate::ast::words(steps)));
    let items = templates.iter().map(|template| {
        let Template { docs, name, params, .. } = template;
        let signature: Vec<String> = params.iter().map(|param| param.name.to_string()).collect();
        let signature = format!("`block {name}({})`", signature.join(", "));
        let uses = used.iter().filter(|word| *word == name);
        let inner = written(&template.steps);
        item(quote!(#[doc = #signature] #[doc = ""] #(#docs)*), quote!(struct #name;), quote!(#(let _ = #uses;)*), inner)
    });
    within(items.collect())
}

/// The built-in layers of a template's steps.
fn written(steps: &[Step]) -> TokenStream {
    let one = |step: &Step| {
        let inner: TokenStream = step.action.bodies().into_iter().map(|steps| written(steps)).collect();
        let own = match &step.action {
            Action::Layer(layer) | Action::Branches { layer, .. } => {
                layers::find(&layer.kind.to_string()).map(|row| words_of(row, layer, ""))
            }
            _ => None,
        };
        quote!(#own #inner)
    };
    steps.iter().map(one).collect()
}

/// A layer's word, its options and, without tensors, its name, which is no field.
fn layer(node: &Node, made: &str) -> TokenStream {
    let What::Layer { row, layer, .. } = &node.what else { return TokenStream::new() };
    // `Residual` and numbers in joins stand for other layers.
    if layer.kind != row.kind {
        return TokenStream::new();
    }
    words_of(row, layer, made)
}

fn words_of(row: &Row, layer: &Layer, made: &str) -> TokenStream {
    let kind = &layer.kind;
    let docs = if made.is_empty() { row.about() } else { format!("{made}\n\n{}", row.about()) };
    let options: TokenStream = layer
        .args
        .iter()
        .filter_map(|arg| match arg {
            Arg::Option { key, .. } => row.option(&key.to_string()).map(|option| (key, option)),
            Arg::Position { .. } => None,
        })
        .map(|(key, option)| {
            let docs = option_docs(option);
            item(quote!(#[doc = #docs]), quote!(const #key: () = ();), TokenStream::new(), TokenStream::new())
        })
        .collect();
    item(quote!(#[doc = #docs]), quote!(struct #kind;), TokenStream::new(), options)
}

/// The documentation of an option and its default.
pub(super) fn option_docs(option: &Choice) -> String {
    let about: Vec<&str> = option.docs.iter().map(|line| line.trim()).collect();
    let default = match option.default {
        Default::Required => "Must be given.".to_owned(),
        Default::Infer => "Inferred by default.".to_owned(),
        Default::Size(size) => format!("Default: `{size}`."),
        Default::Float(number) => format!("Default: `{number:?}`."),
        Default::Bool(on) => format!("Default: `{on}`."),
        Default::Word(word) => format!("Default: `{word}`."),
        Default::Same(other) => format!("Default: that of `{other}`."),
    };
    format!("{}\n\n{default}", about.join(" "))
}

/// What a layer makes here: its shapes, parameters and operations.
fn made(model: &Model, node: &Node) -> String {
    let inputs: Vec<String> = node.inputs.iter().map(|&value| format!("`{}`", model.flow(value).text())).collect();
    let mut text = format!("{} -> `{}`", inputs.join(", "), gives(node));
    if let Some((params, flops)) = crate::expand::costs(model, node) {
        text.push_str(&match params {
            0 => String::new(),
            1 => ", 1 parameter".to_owned(),
            many => format!(", {} parameters", layercake_ir::grouped(many as u64)),
        });
        if flops > 0 {
            text.push_str(&format!(", {} FLOPs", layercake_ir::grouped(flops)));
        }
    }
    text
}

/// A tag or an input, and its uses.
fn tag(model: &Model, word: &Word) -> TokenStream {
    let Word { name, value, uses } = word;
    let shape = model.flow(*value).text();
    let from = match producer(model.inputs.len(), &model.nodes, *value) {
        None => "an input of the network".to_owned(),
        Some(node) => {
            let node = &model.nodes[node];
            format!("from `{}`, `{}`", node.name, text::of(node.what.tokens()))
        }
    };
    let docs = format!("`{shape}`, {from}");
    item(quote!(#[doc = #docs]), quote!(const #name: () = ();), quote!(#(let _ = #uses;)*), TokenStream::new())
}

/// An item with its documentation in a scope of its own, where its uses are too.
fn item(docs: TokenStream, item: TokenStream, uses: TokenStream, rest: TokenStream) -> TokenStream {
    quote!({ #docs #item #uses #rest })
}

/// A function that nothing calls.
fn within(items: TokenStream) -> TokenStream {
    if items.is_empty() {
        return items;
    }
    quote! {
        #[doc(hidden)]
        #[allow(unused, non_camel_case_types, non_upper_case_globals, non_snake_case, clippy::all, reason = "only an editor sees these items")]
        const _: () = {
            fn words() { #items }
        };
    }
}

/// The words of tokens.
pub(super) fn words(tokens: TokenStream, into: &mut Vec<Ident>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => into.push(word),
            TokenTree::Group(group) => words(group.stream(), into),
            _ => {}
        }
    }
}
