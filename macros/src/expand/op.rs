//! Operations as Rust expressions.

use layercake_ir::{INFER, Op};
use proc_macro2::{Group, Ident, Literal, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};

use crate::flow::number;
use crate::layers::{Kind, Row};
use crate::settings::{Num, Settings, Symbols, Value};

/// A decided operation: `Op::Conv2d(ops::Conv2d { in_channels: 1, .. })`, given a path that has `Op` and `ops`.
///
/// Its `Debug` form is nearly that expression, for whatever operation; only the paths are missing.
pub fn decided(prefix: &TokenStream, op: &Op) -> TokenStream {
    let debug: TokenStream = format!("{op:?}").parse().unwrap_or_default();
    let mut tokens = debug.into_iter();
    let variant = tokens.next();
    let fields = tokens.map(|token| match token {
        TokenTree::Group(group) => {
            let inner = infer(prefix, group.stream());
            // `Debug` leaves out the braces of a struct without fields.
            let braces = (inner.clone().into_iter().count() == 1).then(|| quote!({}));
            TokenTree::Group(Group::new(group.delimiter(), quote!(#prefix ops::#inner #braces)))
        }
        token => token,
    });
    quote!(#prefix Op::#variant #(#fields)*)
}

/// Names the number that stands for a size left out, since as a literal it would not fit a target with smaller pointers, and puts the
/// path before the types of words and lists: `ops::Sizes::new(..)`.
fn infer(prefix: &TokenStream, tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut out = TokenStream::new();
    while let Some(token) = tokens.next() {
        out.extend(match token {
            TokenTree::Literal(literal) if literal.to_string() == INFER.to_string() => quote!(#prefix INFER),
            TokenTree::Group(group) => Group::new(group.delimiter(), infer(prefix, group.stream())).into_token_stream(),
            TokenTree::Ident(ident) if ident.to_string().starts_with(char::is_uppercase) && is_colon(tokens.peek()) => {
                quote!(#prefix ops::#ident)
            }
            token => token.into_token_stream(),
        });
    }
    out
}

fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

/// An operation of which some settings are constants.
pub fn symbolic(prefix: &TokenStream, row: &Row, settings: &Settings, symbols: &Symbols) -> TokenStream {
    if let Some(known) = settings.known() {
        return decided(prefix, &(row.build)(&known));
    }
    let variant = format_ident!("{}", row.variant);
    let fields = settings.list.iter().map(|setting| {
        let name = Ident::new(setting.name, proc_macro2::Span::call_site());
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
        Value::Float(Num::Known(value)) => {
            let literal = Literal::f64_unsuffixed(value.abs());
            if value.is_sign_negative() { quote!(-#literal) } else { quote!(#literal) }
        }
        Value::Bool(Num::Known(value)) => quote!(#value),
        Value::Word(word) => {
            let Some(Kind::Word(words)) = row.option(field).map(|option| option.kind) else { return TokenStream::new() };
            let (ty, variant) = (words.kind, words.list.iter().find(|(written, _)| written == word).map_or("", |(_, variant)| variant));
            let (ty, variant) = (format_ident!("{ty}"), format_ident!("{variant}"));
            quote!(#prefix ops::#ty::#variant)
        }
        Value::List(list) => {
            let sizes = list.iter().map(size);
            quote!(#prefix ops::Sizes::new(&[#(#sizes),*]))
        }
        Value::Float(Num::Param(param)) | Value::Bool(Num::Param(param)) => param.name.to_token_stream(),
        Value::Float(Num::Named(symbol)) | Value::Bool(Num::Named(symbol)) => symbols.path(symbol),
    }
}
