//! Words and paths: built-in layers, templates, networks, custom layers.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{GenericArgument, Token};

use super::joins::word;
use super::names::snake;
use super::{Lowering, What, plain};
use crate::ast::{Arg, Layer, PathLayer, Step};
use crate::layers::{self, Row};
use crate::{resolve, text};

impl Lowering<'_, '_> {
    /// A word and its arguments.
    pub(super) fn word(&mut self, step: &Step, layer: &Layer) {
        let kind = &layer.kind;
        if let Some(row) = layers::find(&kind.to_string()) {
            return self.built_in(step, layer, row);
        }
        if self.templates.find(kind).is_some() {
            return self.template(step, layer);
        }
        if self.networks.iter().any(|network| network.name == *kind) {
            let tags = self.arguments(layer);
            return self.network(step, &as_path(layer), &tags);
        }
        if self.itself.as_ref() == Some(kind) {
            let note = self.template_note();
            self.report.add(kind, format_args!("`{kind}` cannot contain itself{note}"));
            return self.lost(step, layer.tokens.clone());
        }
        let mut others: Vec<String> = self.networks.iter().map(|network| plain(&network.name)).collect();
        others.extend(self.templates.names());
        match resolve::row(layer, &others, self.report) {
            Some((row, layer)) => self.built_in(step, &layer, row),
            None => self.lost(step, layer.tokens.clone()),
        }
    }

    fn built_in(&mut self, step: &Step, layer: &Layer, row: &'static Row) {
        if layers::is_join(row) {
            return self.with_tags(step, layer, row);
        }
        match row.kind {
            "Chunk" => return self.chunk(step, layer, row),
            "Split" => return self.split(step, layer, row),
            _ => {}
        }
        if layers::is_unpool(row) {
            return self.unpool(step, layer, row);
        }
        if let Some(states) = layers::states(row) {
            return self.recurrent(step, layer, row, states);
        }
        let path = self.path_of(step, &row.prefix(), Some(&layer.kind));
        let (row, layer) = varied(row, layer);
        self.push(step, path, What::layer(row, layer));
    }

    /// The tags in the arguments of a network; what else stands there is reported.
    fn arguments(&mut self, layer: &Layer) -> Vec<syn::Expr> {
        let mut tags = Vec::new();
        for arg in &layer.args {
            match arg {
                Arg::Position { input: None, size } => tags.push(size.clone()),
                Arg::Position { input: Some(wrong), .. } | Arg::Option { value: wrong, .. } => {
                    let text = format!("`{}` is a network of this block and takes only the tags of its other inputs", layer.kind);
                    self.report.add(wrong, text);
                }
            }
        }
        tags
    }

    /// `path::to::Network` or `path::Layer(64) -> [64]`
    pub(super) fn path(&mut self, step: &Step, layer: &PathLayer) {
        let args = layer.args.as_deref().unwrap_or_default();
        let tags = args.iter().all(|arg| word(arg).is_some_and(|tag| self.is_tag(tag)));
        let custom = layer.args.is_some() && step.output.is_some() && (args.is_empty() || !tags);
        if layer.illegible_args {
            return self.lost(step, layer.tokens.clone());
        }
        if !custom && layers::find(&layer.kind.to_string()).is_some() {
            let text = format!(
                "a built-in layer is written without a path, and a custom layer with its output shape\nhelp: write `{}`",
                built_in(layer)
            );
            self.report.add(&layer.path, text);
            return self.lost(step, layer.tokens.clone());
        }
        if !custom && !tags {
            let text = format!(
                "the output shape of `{0}` is unknown\nhelp: for example `{0} -> [64]` if it is a custom layer; \
                 a network of several inputs takes their tags in parentheses",
                text::of(&layer.tokens)
            );
            self.report.add(&layer.path, text);
            return self.lost(step, layer.tokens.clone());
        }
        if !custom {
            return self.network(step, layer, args);
        }
        let path = self.path_of(step, &snake(&plain(&layer.kind)), Some(&layer.kind));
        self.push(step, path, What::Custom(layer.clone()));
    }

    /// A nested network: the current tensor is its first input, tags are the others. The number of its outputs is the number of the step's tags.
    fn network(&mut self, step: &Step, layer: &PathLayer, args: &[syn::Expr]) {
        if !self.sized(layer) {
            return self.lost(step, layer.tokens.clone());
        }
        let mut inputs = vec![self.current];
        let mut operands = vec![layer.kind.to_token_stream()];
        for arg in args {
            let value = match word(arg) {
                Some(tag) => self.find(tag),
                None => {
                    let text = format!("`{}` takes the tags of its other inputs, but `{}` is not a tag", layer.kind, text::of(arg));
                    self.report.add(arg, text);
                    None
                }
            };
            let Some(value) = value else { return self.lost(step, layer.tokens.clone()) };
            inputs.push(value);
            operands.push(arg.to_token_stream());
        }
        let path = self.path_of(step, &snake(&plain(&layer.kind)), Some(&layer.kind));
        let what = What::Network { network: layer.clone(), outputs: step.tags.len().max(1) };
        self.push_join(step, path, what, inputs, operands);
    }

    /// Has a network of this block been given the sizes that it takes? Of others the compiler knows.
    fn sized(&mut self, layer: &PathLayer) -> bool {
        let bare = layer.path.clone().into_iter().count() == 1;
        let Some(peer) = self.networks.iter().find(|network| bare && network.name == layer.kind) else { return true };
        let given = layer.generics.clone().map_or(0, |generics| {
            let parser = Punctuated::<GenericArgument, Token![,]>::parse_terminated;
            parser.parse2(generics).map_or(0, |list| list.len())
        });
        if given == peer.sizes.len() {
            return true;
        }
        let sizes: Vec<String> = peer.sizes.iter().map(Ident::to_string).collect();
        let (takes, how) = match sizes.len() {
            0 => ("no sizes".to_owned(), layer.kind.to_string()),
            1 => ("1 size".to_owned(), format!("{}<{}>", layer.kind, sizes[0])),
            many => (format!("{many} sizes"), format!("{}<{}>", layer.kind, sizes.join(", "))),
        };
        let note = self.template_note();
        self.report
            .add(&layer.kind, format_args!("the network `{}` takes {takes}, but is given {given}\nhelp: write `{how}`{note}", layer.kind));
        false
    }

    /// Is this word a tag or an input?
    pub(super) fn is_tag(&self, tag: &Ident) -> bool {
        let word = plain(tag);
        self.visible(&word).is_some() || self.inputs.iter().any(|(name, _)| *name == word)
    }

    /// Does a layer become a field here?
    pub(super) fn owns(&self, what: &What) -> bool {
        self.sharing.is_none()
            && match what {
                What::Layer { row, .. } => row.module.is_some(),
                What::Network { .. } | What::Custom(_) => true,
                What::Lost(_) => false,
            }
    }

    /// A field has one path: `a_b` and `b` below `a` would be one field.
    pub(super) fn check_field(&mut self, step: &Step, path: &str, what: &What) {
        if let Some(other) = self.names.collision(path) {
            let field = path.replace('.', "_");
            let text = format!("`{path}` and `{other}` would both be the field `{field}`; give this one another name");
            let place = step.name.as_ref().map_or_else(|| what.head(), Ident::to_token_stream);
            self.report.add(place, text);
        }
    }
}

/// The layer that an option makes of another, with that layer's name for the option.
fn varied(row: &'static Row, layer: &Layer) -> (&'static Row, Layer) {
    let mut layer = layer.clone();
    let variation = layer.args.iter_mut().find_map(|arg| match arg {
        Arg::Option { key, .. } => layers::variation(row, &key.to_string()).map(|variation| (key, variation)),
        Arg::Position { .. } => None,
    });
    match variation {
        Some((key, (row, field))) => {
            *key = Ident::new(field, key.span());
            (row, layer)
        }
        None => (row, layer),
    }
}

/// A built-in layer that was written with a path, without it.
fn built_in(layer: &PathLayer) -> String {
    let Some(row) = layers::find(&layer.kind.to_string()) else { return layer.kind.to_string() };
    let args = layer.args.iter().flatten().map(|size| Arg::Position { input: None, size: size.clone() }).collect();
    let layer = Layer { kind: layer.kind.clone(), args, illegible_args: false, tokens: layer.kind.to_token_stream() };
    resolve::corrected(row, &layer).0
}

/// A network of the block as if by its path.
fn as_path(layer: &Layer) -> PathLayer {
    PathLayer {
        path: layer.kind.to_token_stream(),
        kind: layer.kind.clone(),
        generics: None,
        args: None,
        illegible_args: layer.illegible_args,
        tokens: layer.tokens.clone(),
    }
}
