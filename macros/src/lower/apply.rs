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
        if self.templates.find(kind, self.home).is_some() {
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
        // An argument that will be a layer.
        if self.open_words.contains(&plain(kind)) {
            return self.lost(step, layer.tokens.clone());
        }
        let mut others: Vec<String> = self.networks.iter().map(|network| plain(&network.name)).collect();
        others.extend(self.templates.names(self.home));
        match resolve::row(layer, &others, self.report) {
            Some((row, layer)) => self.built_in(step, &layer, row),
            None => self.lost(step, layer.tokens.clone()),
        }
    }

    fn built_in(&mut self, step: &Step, layer: &Layer, row: &'static Row) {
        if layers::is_join(row) {
            return match by_number(layer) {
                Some(layer) => self.word(step, &layer),
                None => self.with_tags(step, layer, row),
            };
        }
        if !layers::named_inputs(row).is_empty() {
            return self.with_named(step, layer, row);
        }
        if layers::is_source(row) {
            return self.source(step, layer, row);
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
        if let (Some(index), "Linear") = (weight(layer), row.kind) {
            return self.tied(step, layer, row, index);
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
        // A template sees no inputs of the network; while it is checked alone, its arguments are in their place.
        let sees_inputs = self.definition || !self.is_in_template();
        self.visible(&word).is_some() || (sees_inputs && self.inputs.iter().any(|(name, _)| *name == word))
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

/// The position of the argument `weight = layer`.
fn weight(layer: &Layer) -> Option<usize> {
    layer.args.iter().position(|arg| matches!(arg, Arg::Option { key, .. } if key == "weight"))
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

/// A join with a number in the place of its tag, `Mul(0.5)`, as a `Rescaling`.
fn by_number(layer: &Layer) -> Option<Layer> {
    let [Arg::Position { input: None, size: number }] = &layer.args[..] else { return None };
    if !is_number(number) {
        return None;
    }
    let (field, value): (&str, syn::Expr) = match layer.kind.to_string().as_str() {
        "Mul" => ("scale", number.clone()),
        "Div" => ("scale", reciprocal(number)),
        "Add" => ("offset", number.clone()),
        "Sub" => ("offset", syn::parse_quote!(-(#number))),
        _ => return None,
    };
    let (kind, key) = (Ident::new("Rescaling", layer.kind.span()), Ident::new(field, layer.kind.span()));
    Some(Layer { kind, args: vec![Arg::Option { key, value }], ..layer.clone() })
}

/// One divided by a literal number.
fn reciprocal(number: &syn::Expr) -> syn::Expr {
    let value: Option<f64> = text::of(number).replace(['_', ' ', '(', ')'], "").parse().ok();
    match value.map(|value| 1.0 / value).filter(|value| value.is_finite()) {
        Some(value) => {
            let mut literal = proc_macro2::Literal::f64_unsuffixed(value.abs());
            literal.set_span(syn::spanned::Spanned::span(number));
            if value < 0.0 { syn::parse_quote!(-#literal) } else { syn::parse_quote!(#literal) }
        }
        None => syn::parse_quote!(1.0 / (#number)),
    }
}

/// A literal number, possibly with a sign.
fn is_number(value: &syn::Expr) -> bool {
    match value {
        syn::Expr::Lit(literal) => matches!(literal.lit, syn::Lit::Int(_) | syn::Lit::Float(_)),
        syn::Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Neg(_)) && is_number(&unary.expr),
        syn::Expr::Paren(inner) => is_number(&inner.expr),
        syn::Expr::Group(inner) => is_number(&inner.expr),
        _ => false,
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
