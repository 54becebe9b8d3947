//! Shapes.

use proc_macro2::{Delimiter, Group, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Expr, Token};

use super::{found, inside, next, skip_to_comma, token};
use crate::ast::{DimExpr, ShapeExpr};
use crate::report::Report;

/// A shape, or another notation that was meant as one.
///
/// ```text
/// shape = 'usize'? '[' dim (',' dim)* ','? ']'
/// dim   = '_' | expression
/// ```
pub fn shape(input: ParseStream, what: &str, report: &mut Report) -> Option<ShapeExpr> {
    match next(input) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
            token(input);
            sizes(&group, report)
        }
        // `usize[64]`
        Some(TokenTree::Ident(word)) if input.peek2(syn::token::Bracket) => {
            token(input);
            let Some(TokenTree::Group(group)) = token(input) else { return None };
            let mut shape = sizes(&group, report)?;
            match word.to_string().as_str() {
                "usize" if what == "the input" => shape.ids = true,
                "usize" => report.add(&word, format_args!("{what} cannot be token ids; `usize[..]` is allowed in inputs only")),
                "f32" | "f64" | "float" => {
                    report.add(&word, format_args!("a shape has no number type: write `{}`", crate::text::of(&shape.tokens)));
                }
                "u8" | "u16" | "u32" | "u64" | "i32" | "i64" | "int" | "long" if what == "the input" => {
                    report.add(&word, format_args!("token ids are written `usize{}`", crate::text::of(&shape.tokens)));
                    shape.ids = true;
                }
                other => {
                    report.add(&word, format_args!("a shape is written `[64]`, or `usize[64]` for token ids, but found `{word}`"));
                    shape.ids = what == "the input" && crate::spelling::nearest(other, &["usize"]).is_some();
                }
            }
            let brackets = shape.tokens;
            shape.tokens = quote::quote!(#word #brackets);
            Some(shape)
        }
        // `(1, 28, 28)`, as a tuple or as PyTorch prints it.
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            token(input);
            let text = format!("a shape goes in square brackets\nhelp: write `[{}]`", crate::text::of(group.stream()));
            report.add(&group, text);
            sizes(&group, report)
        }
        // `-> 10`
        Some(TokenTree::Literal(literal)) => {
            token(input);
            report.add(&literal, format_args!("a shape goes in square brackets\nhelp: write `[{literal}]`"));
            sizes(&Group::new(Delimiter::Bracket, literal.into_token_stream()), report)
        }
        other => {
            let text = format!("expected the shape of {what}, such as `[1, 28, 28]`, but found {}", found(other.as_ref()));
            match other {
                Some(other) => report.add(other, text),
                None => report.at(input.span(), text),
            }
            None
        }
    }
}

/// None if a size is invalid.
fn sizes(group: &Group, report: &mut Report) -> Option<ShapeExpr> {
    let mistakes = report.len();
    let mut dims = Vec::new();
    inside(group.stream(), report, |input, report| {
        while !input.is_empty() {
            if input.peek(Token![,]) {
                report.add(token(input), "expected a size before this comma");
                continue;
            }
            if let Some(dim) = dim(input, report) {
                dims.push(dim);
            }
            if input.is_empty() {
                break;
            }
            if input.peek(Token![,]) {
                token(input);
            } else {
                let other = next(input);
                report.add(&other, format_args!("expected `,` between two sizes, but found {}", found(other.as_ref())));
                if matches!(other, Some(TokenTree::Punct(_))) {
                    token(input);
                }
            }
        }
    });
    (report.len() == mistakes).then(|| ShapeExpr { ids: false, tokens: group.to_token_stream(), dims })
}

fn dim(input: ParseStream, report: &mut Report) -> Option<DimExpr> {
    if input.peek(Token![_]) {
        return input.parse().ok().map(DimExpr::Inferred);
    }
    let before = next(input);
    match input.parse::<Expr>() {
        Ok(size) => Some(DimExpr::Size(size)),
        Err(_) => {
            report.add(&before, format_args!("expected a size, but found {}", found(before.as_ref())));
            skip_to_comma(input);
            None
        }
    }
}
