//! From an expression to a value: literals are evaluated here, everything else is left to the compiler.

use layercake_ir::INFER;
use layercake_ir::ops::Words;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{BinOp, Expr, ExprLit, Lit, UnOp};

use crate::layers::Kind;
use crate::params;
use crate::report::Report;
use crate::settings::{Num, Symbols, Value};

/// The largest size that a literal may have.
const MOST: usize = isize::MAX as usize;

/// A value of this kind; None after a mistake, which is reported. `what` is the start of the message: "`kernel` of `conv1`".
pub fn of_kind(kind: Kind, expression: &Expr, what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<Value> {
    match kind {
        Kind::Size => size(expression, what, symbols, report).map(Value::Size),
        Kind::Pair => pair(expression, what, symbols, report).map(Value::Pair),
        Kind::Float => float(expression, what, symbols, report).map(Value::Float),
        Kind::Bool => bool(expression, what, symbols, report).map(Value::Bool),
        Kind::Word(words) => word(words, expression, what, report).map(Value::Word),
        Kind::List { .. } => list(kind, &[expression], what, symbols, report),
    }
}

/// A list, given as several arguments or as a tuple.
pub fn list(kind: Kind, expressions: &[&Expr], what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<Value> {
    let items: Vec<&Expr> = match *expressions {
        [one] => match peel(one) {
            Expr::Tuple(tuple) => tuple.elems.iter().collect(),
            Expr::Array(array) => array.elems.iter().collect(),
            _ => vec![one],
        },
        _ => expressions.to_vec(),
    };
    let Kind::List { inferred, most } = kind else { return None };
    if items.len() > most {
        report.add(items[most], format_args!("{what} is a list of at most {most}, but this is number {}", most + 1));
        return None;
    }
    // Every item is checked, so that all mistakes are reported.
    let sizes: Vec<Option<Num<usize>>> = items
        .iter()
        .map(|item| match peel(item) {
            Expr::Infer(_) if inferred => Some(Num::Known(INFER)),
            Expr::Unary(minus) if inferred && matches!((&minus.op, &*minus.expr), (UnOp::Neg(_), Expr::Lit(_))) => {
                let text = crate::text::of(minus);
                report.add(minus, format_args!("{what} must not be negative, but is `{text}`\nhelp: write `_` for a size to infer"));
                None
            }
            _ => size(item, what, symbols, report),
        })
        .collect();
    sizes.into_iter().collect::<Option<Vec<_>>>().map(Value::List)
}

/// One of the words of an option.
fn word(words: &'static Words, expression: &Expr, what: &str, report: &mut Report) -> Option<&'static str> {
    let all: Vec<&'static str> = words.list.iter().map(|(word, _)| *word).collect();
    let written = match peel(expression) {
        Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    };
    let bare = matches!(peel(expression), Expr::Path(path) if path.path.get_ident().is_some());
    let near = written.as_deref().and_then(|written| crate::spelling::nearest(written, &all));
    if let (true, Some(word)) = (bare, all.iter().find(|word| Some(**word) == written.as_deref())) {
        return Some(word);
    }
    let help = near.map_or_else(String::new, |word| format!("write `{word}`"));
    Wrong::new(expression, &format!("must be {}", spoken(&all)), &help).report(what, report);
    None
}

/// `` `a`, `b` or `c` ``
fn spoken(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// A size: an integer, not negative.
pub fn size(expression: &Expr, what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<Num<usize>> {
    if let Expr::Path(path) = peel(expression)
        && let Some(param) = path.path.get_ident().and_then(|word| symbols.params.iter().find(|param| param.name == *word))
    {
        return Some(Num::Param(param.clone()));
    }
    if no_constant(Kind::Size, expression, what, symbols, report) {
        return None;
    }
    match whole(expression) {
        Whole::Known(size) => Some(Num::Known(size)),
        Whole::Symbolic => Some(Num::Named(symbols.add(Kind::Size, expression))),
        Whole::Wrong(wrong) => {
            wrong.report(what, report);
            None
        }
    }
}

/// Refuses arithmetic on a generic parameter.
fn no_constant(kind: Kind, expression: &Expr, what: &str, symbols: &Symbols, report: &mut Report) -> bool {
    let Some(param) = params::mentions(&symbols.params, expression.to_token_stream()) else { return false };
    let help = match kind {
        Kind::Size | Kind::Pair | Kind::List { .. } => {
            format!("write `{}` alone, or make the result a parameter of the network too", param.name)
        }
        Kind::Float | Kind::Bool | Kind::Word(_) => "write its value, or a named constant; only sizes can be parameters".to_owned(),
    };
    let text = format!(
        "{what} is computed from the generic parameter `{}`; stable Rust has no arithmetic on generic parameters in types\nhelp: {help}",
        param.name
    );
    report.add(expression, text);
    true
}

fn pair(expression: &Expr, what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<[Num<usize>; 2]> {
    let wrong = |must: &str, help: &str| Wrong::new(expression, must, help);
    let items: Vec<&Expr> = match peel(expression) {
        Expr::Tuple(tuple) => tuple.elems.iter().collect(),
        Expr::Array(array) => array.elems.iter().collect(),
        Expr::Repeat(repeat) if matches!(whole(&repeat.len), Whole::Known(2)) => vec![&repeat.expr; 2],
        Expr::Repeat(_) | Expr::Lit(ExprLit { lit: Lit::Str(_) | Lit::Bool(_), .. }) => {
            wrong(PAIR, "").report(what, report);
            return None;
        }
        _ => {
            let both = size(expression, what, symbols, report)?;
            return Some([both.clone(), both]);
        }
    };
    let [height, width] = items[..] else {
        wrong(PAIR, "").report(what, report);
        return None;
    };
    let height = size(height, what, symbols, report);
    let width = size(width, what, symbols, report);
    Some([height?, width?])
}

const PAIR: &str = "must be an integer or a pair `(height, width)`";

fn float(expression: &Expr, what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<Num<f64>> {
    let (negative, inner) = match peel(expression) {
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => (true, peel(&unary.expr)),
        inner => (false, inner),
    };
    let parsed = match inner {
        Expr::Lit(ExprLit { lit: Lit::Float(lit), .. }) if matches!(lit.suffix(), "" | "f64" | "f32") => lit.base10_parse::<f64>().ok(),
        Expr::Lit(ExprLit { lit: Lit::Int(lit), .. }) if lit.suffix().is_empty() => lit.base10_digits().parse().ok(),
        Expr::Lit(_) | Expr::Tuple(_) | Expr::Array(_) | Expr::Repeat(_) | Expr::Infer(_) => None,
        _ if no_constant(Kind::Float, expression, what, symbols, report) => return None,
        _ => return Some(Num::Named(symbols.add(Kind::Float, expression))),
    };
    if parsed.is_none() {
        Wrong::new(expression, "must be a number such as `0.5`", "").report(what, report);
    }
    parsed.map(|number| Num::Known(if negative { -number } else { number }))
}

fn bool(expression: &Expr, what: &str, symbols: &mut Symbols, report: &mut Report) -> Option<Num<bool>> {
    let help = match peel(expression) {
        Expr::Lit(ExprLit { lit: Lit::Bool(lit), .. }) => return Some(Num::Known(lit.value)),
        Expr::Lit(_) | Expr::Tuple(_) | Expr::Array(_) | Expr::Repeat(_) | Expr::Infer(_) => "",
        Expr::Path(path) if path.path.is_ident("True") => "write `true`",
        Expr::Path(path) if path.path.is_ident("False") => "write `false`",
        _ if no_constant(Kind::Bool, expression, what, symbols, report) => return None,
        _ => return Some(Num::Named(symbols.add(Kind::Bool, expression))),
    };
    Wrong::new(expression, "must be `true` or `false`", help).report(what, report);
    None
}

/// Removes redundant parentheses.
fn peel(expression: &Expr) -> &Expr {
    match expression {
        Expr::Paren(inner) => peel(&inner.expr),
        Expr::Group(inner) => peel(&inner.expr),
        _ => expression,
    }
}

/// The classification of an expression that should be a size.
enum Whole {
    Known(usize),
    /// Left to the compiler.
    Symbolic,
    Wrong(Wrong),
}

/// An expression of the wrong kind.
struct Wrong {
    /// What to underline.
    tokens: TokenStream,
    /// "must be an integer, but is `5.0`"
    why: String,
    help: String,
}

impl Wrong {
    fn new(expression: &Expr, must: &str, help: &str) -> Self {
        let why = format!("{must}, but is `{}`", crate::text::of(expression));
        Self { tokens: expression.to_token_stream(), why, help: help.to_owned() }
    }

    fn report(&self, what: &str, report: &mut Report) {
        let help = if self.help.is_empty() { String::new() } else { format!("\nhelp: {}", self.help) };
        report.add(&self.tokens, format_args!("{what} {}{help}", self.why));
    }
}

fn whole(expression: &Expr) -> Whole {
    let wrong = |must: &str, help: &str| Whole::Wrong(Wrong::new(expression, must, help));
    let not_whole = "must be an integer";
    match peel(expression) {
        Expr::Lit(ExprLit { lit: Lit::Int(lit), .. }) => match (lit.suffix(), lit.base10_parse::<usize>()) {
            ("" | "usize", Ok(size)) if size <= MOST => Whole::Known(size),
            ("" | "usize", _) => wrong("must fit in a `usize`", ""),
            _ => wrong("must be a `usize`", &format!("write `{}`", lit.base10_digits())),
        },
        Expr::Lit(ExprLit { lit: Lit::Float(lit), .. }) => match lit.base10_digits().split_once('.') {
            Some((whole, "0" | "")) => wrong(not_whole, &format!("write `{whole}`")),
            _ => wrong(not_whole, ""),
        },
        Expr::Infer(_) => wrong(not_whole, "leave out a size to infer it"),
        // Python's spelling; there is no such constant.
        Expr::Path(path) if ["None", "True", "False"].iter().any(|word| path.path.is_ident(word)) => wrong(not_whole, ""),
        Expr::Lit(_) | Expr::Tuple(_) | Expr::Array(_) | Expr::Repeat(_) => wrong(not_whole, ""),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match whole(&unary.expr) {
            Whole::Symbolic => Whole::Symbolic,
            _ => wrong("must not be negative", ""),
        },
        Expr::Binary(binary) if is_arithmetic(&binary.op) => match (whole(&binary.left), whole(&binary.right)) {
            (Whole::Wrong(wrong), _) | (_, Whole::Wrong(wrong)) => Whole::Wrong(wrong),
            (Whole::Known(a), Whole::Known(b)) => fold(&binary.op, a, b).filter(|&size| size <= MOST).map_or(Whole::Symbolic, Whole::Known),
            _ => Whole::Symbolic,
        },
        _ => Whole::Symbolic,
    }
}

fn is_arithmetic(op: &BinOp) -> bool {
    matches!(op, BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_) | BinOp::Rem(_))
}

/// Arithmetic on literals; None if the compiler would report it.
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

#[cfg(test)]
mod tests {
    use super::{Whole, whole};

    /// The value of an expression, "the compiler" if it is left to it, or its mistake.
    fn of(expression: &str) -> String {
        match whole(&syn::parse_str(expression).unwrap()) {
            Whole::Known(size) => size.to_string(),
            Whole::Symbolic => "the compiler".to_owned(),
            Whole::Wrong(wrong) => format!("{} {}", wrong.why, wrong.help),
        }
    }

    #[test]
    fn literals_and_their_arithmetic_are_known() {
        let cases = [("5", "5"), ("0x10", "16"), ("1_000usize", "1000"), ("(2 * 3 + 1) % 4", "3"), ("28 * 28 / 2 - 1", "391")];
        for (expression, value) in cases {
            assert_eq!(of(expression), value, "{expression}");
        }
    }

    #[test]
    fn what_only_the_compiler_can_say() {
        // Including expressions that the compiler refuses, at the user's tokens.
        for expression in
            ["A", "2 * A", "3 - 5", "1 / 0", "7 % 0", "4294967296 * 4294967296", "1 << 3u32", "f(2.5)", "-A", "{ 3 }", "A as usize"]
        {
            assert_eq!(of(expression), "the compiler", "{expression}");
        }
    }

    #[test]
    fn what_is_no_size() {
        let cases = [
            ("5.0", "must be an integer, but is `5.0` write `5`"),
            ("2.5 * A", "must be an integer, but is `2.5` "),
            ("-1", "must not be negative, but is `-1` "),
            ("6u32", "must be a `usize`, but is `6u32` write `6`"),
            ("18446744073709551615", "must fit in a `usize`, but is `18446744073709551615` "),
            ("\"same\"", "must be an integer, but is `\"same\"` "),
        ];
        for (expression, text) in cases {
            assert_eq!(of(expression), text, "{expression}");
        }
    }
}
