//! From an expression to a value: literals are worked out here, everything else is left to the compiler.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{BinOp, Expr, ExprLit, Lit, UnOp};

use crate::layers::Kind;
use crate::report::Report;
use crate::settings::{Num, Symbols, Value};

/// The largest size that a literal may state; beyond it no memory goes.
const MOST: usize = isize::MAX as usize;

/// The place where an expression begins.
pub fn span(expression: &Expr) -> Span {
    expression.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

/// A value of this kind; None after a mistake, which is reported. `what` begins the message: "the kernel of `conv1`".
pub fn of_kind(kind: Kind, expression: &Expr, what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<Value> {
    match kind {
        Kind::Size => size(expression, what, symbols, report).map(Value::Size),
        Kind::Pair => pair(expression, what, symbols, report).map(Value::Pair),
        Kind::Float => float(expression, what, symbols, report).map(Value::Float),
        Kind::Bool => bool(expression, what, symbols, report).map(Value::Bool),
    }
}

/// A whole number that counts something.
pub fn size(expression: &Expr, what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<Num<usize>> {
    match whole(expression) {
        Whole::Known(size) => Some(Num::Known(size)),
        Whole::Symbolic => Some(Num::Named(symbols.add(Kind::Size, expression))),
        Whole::Wrong(tokens, why) => {
            report.add(tokens, format_args!("{what} {why}"));
            None
        }
    }
}

fn pair(expression: &Expr, what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<[Num<usize>; 2]> {
    let items: Vec<&Expr> = match peel(expression) {
        Expr::Tuple(tuple) => tuple.elems.iter().collect(),
        Expr::Array(array) => array.elems.iter().collect(),
        Expr::Repeat(repeat) if matches!(whole(&repeat.len), Whole::Known(2)) => vec![&repeat.expr; 2],
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            report.add(text, format_args!("{what} is a number of rows and columns, not `{}`{}", text.to_token_stream(), named_padding(text)));
            return None;
        }
        _ => {
            let both = size(expression, what, symbols, report)?;
            return Some([both.clone(), both]);
        }
    };
    let [height, width] = items[..] else {
        let count = items.len();
        report.add(expression, format_args!("{what} is one number, or a pair `(height, width)`, but here are {count}"));
        return None;
    };
    let height = size(height, what, symbols, report);
    let width = size(width, what, symbols, report);
    Some([height?, width?])
}

/// PyTorch's paddings by name.
fn named_padding(text: &syn::LitStr) -> &'static str {
    match text.value().as_str() {
        "same" => "; half the kernel, rounded down, keeps the size where the stride is 1: `padding = 2` for `kernel = 5`",
        "valid" => "; `padding = 0`, the default, is what it means",
        _ => "",
    }
}

fn float(expression: &Expr, what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<Num<f64>> {
    let (negative, inner) = match peel(expression) {
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => (true, peel(&unary.expr)),
        inner => (false, inner),
    };
    let Expr::Lit(ExprLit { lit, .. }) = inner else {
        return match inner {
            Expr::Tuple(_) | Expr::Array(_) | Expr::Repeat(_) | Expr::Infer(_) => {
                report.add(expression, format_args!("{what} is a number, but here is `{}`", crate::text::of(expression)));
                None
            }
            _ => Some(Num::Named(symbols.add(Kind::Float, expression))),
        };
    };
    let parsed = match lit {
        Lit::Float(lit) if matches!(lit.suffix(), "" | "f64" | "f32") => lit.base10_parse::<f64>().ok(),
        Lit::Int(lit) if lit.suffix().is_empty() => lit.base10_digits().parse().ok(),
        _ => None,
    };
    match parsed {
        Some(number) => Some(Num::Known(if negative { -number } else { number })),
        None => {
            report.add(expression, format_args!("{what} is a number such as `0.5`, but here is `{}`", crate::text::of(expression)));
            None
        }
    }
}

fn bool(expression: &Expr, what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<Num<bool>> {
    match peel(expression) {
        Expr::Lit(ExprLit { lit: Lit::Bool(lit), .. }) => Some(Num::Known(lit.value)),
        Expr::Lit(_) | Expr::Tuple(_) | Expr::Array(_) | Expr::Repeat(_) | Expr::Infer(_) => {
            report.add(expression, format_args!("{what} is `true` or `false`, but here is `{}`", crate::text::of(expression)));
            None
        }
        Expr::Path(path) if path.path.is_ident("True") || path.path.is_ident("False") => {
            report.add(expression, format_args!("{what} is `true` or `false`, written in lower case"));
            None
        }
        _ => Some(Num::Named(symbols.add(Kind::Bool, expression))),
    }
}

/// Takes off brackets that only group.
fn peel(expression: &Expr) -> &Expr {
    match expression {
        Expr::Paren(inner) => peel(&inner.expr),
        Expr::Group(inner) => peel(&inner.expr),
        _ => expression,
    }
}

/// What an expression is that should be a size.
enum Whole {
    Known(usize),
    /// The compiler will know.
    Symbolic,
    /// The tokens to underline, and what is wrong with them.
    Wrong(TokenStream, String),
}

fn whole(expression: &Expr) -> Whole {
    let wrong = |why: &str| Whole::Wrong(expression.to_token_stream(), format!("{why}, but here is `{}`", crate::text::of(expression)));
    match peel(expression) {
        Expr::Lit(ExprLit { lit: Lit::Int(lit), .. }) => match (lit.suffix(), lit.base10_parse::<usize>()) {
            ("" | "usize", Ok(size)) if size <= MOST => Whole::Known(size),
            ("" | "usize", _) => wrong("is larger than any memory"),
            (suffix, _) => wrong(&format!("is a `usize`: write `{}` without `{suffix}`", lit.base10_digits())),
        },
        Expr::Lit(ExprLit { lit: Lit::Float(lit), .. }) => match lit.base10_digits().split_once('.') {
            Some((whole, "0" | "")) => wrong(&format!("is a whole number: write `{whole}`")),
            _ => wrong("is a whole number"),
        },
        Expr::Lit(_) | Expr::Tuple(_) | Expr::Array(_) | Expr::Repeat(_) => wrong("is a whole number"),
        Expr::Infer(_) => wrong("must be stated"),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match whole(&unary.expr) {
            Whole::Symbolic => Whole::Symbolic,
            _ => wrong("cannot be negative"),
        },
        Expr::Binary(binary) if is_arithmetic(&binary.op) => match (whole(&binary.left), whole(&binary.right)) {
            (Whole::Wrong(tokens, why), _) | (_, Whole::Wrong(tokens, why)) => Whole::Wrong(tokens, why),
            (Whole::Known(a), Whole::Known(b)) => fold(&binary.op, a, b).filter(|&size| size <= MOST).map_or(Whole::Symbolic, Whole::Known),
            _ => Whole::Symbolic,
        },
        _ => Whole::Symbolic,
    }
}

fn is_arithmetic(op: &BinOp) -> bool {
    matches!(op, BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_) | BinOp::Rem(_))
}

/// Arithmetic on literals; None where the compiler has something to say about it.
fn fold(op: &BinOp, a: usize, b: usize) -> Option<usize> {
    match op {
        BinOp::Add(_) => a.checked_add(b),
        BinOp::Sub(_) => a.checked_sub(b),
        BinOp::Mul(_) => a.checked_mul(b),
        BinOp::Div(_) => a.checked_div(b),
        BinOp::Rem(_) => a.checked_rem(b),
        _ => None,
    }
}
