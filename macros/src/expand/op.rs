//! Operations as Rust expressions.

use layercake_ir::{INFER, Op, spec};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use crate::flow::number;
use crate::layers::{Choice, Kind, Row};
use crate::settings::{Num, Settings, Symbols, Value};

/// A fully inferred operation: `Op::Conv2d(ops::Conv2d { in_channels: 1, .. })`, given a path that has `Op` and `ops`.
pub fn decided(prefix: &TokenStream, op: &Op) -> TokenStream {
    let spec = op.spec();
    let variant = format_ident!("{}", spec.variant);
    let fields = spec.fields.iter().zip(op.values()).map(|(field, value)| {
        let name = Ident::new(field.name, Span::call_site());
        let value = written(prefix, field, value);
        quote!(#name: #value)
    });
    quote!(#prefix Op::#variant(#prefix ops::#variant { #(#fields),* }))
}

/// The value of an option. `INFER` is emitted by name, since its literal would not fit a target with smaller pointers.
fn written(prefix: &TokenStream, field: &Choice, value: spec::Value) -> TokenStream {
    let size = |size: usize| if size == INFER { quote!(#prefix INFER) } else { number(size) };
    match value {
        spec::Value::Size(one) => size(one),
        spec::Value::Pair([height, width]) => {
            let (height, width) = (size(height), size(width));
            quote!([#height, #width])
        }
        spec::Value::Float(value) => float(value),
        spec::Value::Bool(value) => quote!(#value),
        spec::Value::Word(word) => self::word(prefix, field, word),
        spec::Value::List(list) => {
            let sizes = list.as_slice().iter().map(|&one| size(one));
            quote!(#prefix ops::Sizes::new(&[#(#sizes),*]))
        }
    }
}

fn float(value: f64) -> TokenStream {
    if value.is_infinite() {
        let name = format_ident!("{}", if value > 0.0 { "INFINITY" } else { "NEG_INFINITY" });
        return quote!(::core::primitive::f64::#name);
    }
    let literal = Literal::f64_unsuffixed(value.abs());
    if value.is_sign_negative() { quote!(-#literal) } else { quote!(#literal) }
}

/// The variant of a word.
fn word(prefix: &TokenStream, field: &Choice, word: &str) -> TokenStream {
    let Kind::Word(words) = field.kind else { return TokenStream::new() };
    let variant = words.list.iter().find(|(written, _)| *written == word).map_or("", |(_, variant)| variant);
    let (ty, variant) = (format_ident!("{}", words.kind), format_ident!("{variant}"));
    quote!(#prefix ops::#ty::#variant)
}

/// An operation with constants among its settings.
pub fn symbolic(prefix: &TokenStream, row: &Row, settings: &Settings, symbols: &Symbols) -> TokenStream {
    if let Some(op) = settings.operation(row) {
        return decided(prefix, &op);
    }
    let variant = format_ident!("{}", row.variant);
    let fields = settings.list.iter().map(|setting| {
        let name = Ident::new(setting.name, Span::call_site());
        let value = setting.value.as_ref().map(|value| self::value(prefix, row, setting.name, value, symbols));
        quote!(#name: #value)
    });
    quote!(#prefix Op::#variant(#prefix ops::#variant { #(#fields),* }))
}

fn value(prefix: &TokenStream, row: &Row, field: &str, value: &Value, symbols: &Symbols) -> TokenStream {
    let size = |size: &Num<usize>| match size {
        Num::Known(INFER) => quote!(#prefix INFER),
        Num::Known(size) => number(*size),
        Num::Param(param) => param.name.to_token_stream(),
        Num::Named(symbol) => {
            let path = symbols.path(symbol);
            quote!(#prefix stated(#path))
        }
    };
    match value {
        Value::Size(one) => size(one),
        Value::Pair([height, width]) => {
            let (height, width) = (size(height), size(width));
            quote!([#height, #width])
        }
        Value::Float(Num::Known(value)) => float(*value),
        Value::Bool(Num::Known(value)) => quote!(#value),
        Value::Word(word) => row.field(field).map_or_else(TokenStream::new, |field| self::word(prefix, field, word)),
        Value::List(list) => {
            let sizes = list.iter().map(size);
            quote!(#prefix ops::Sizes::new(&[#(#sizes),*]))
        }
        Value::Float(Num::Param(param)) | Value::Bool(Num::Param(param)) => param.name.to_token_stream(),
        Value::Float(Num::Named(symbol)) | Value::Bool(Num::Named(symbol)) => symbols.path(symbol),
    }
}
