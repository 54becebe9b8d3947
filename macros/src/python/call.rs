//! Classes and functions: `nn.Linear(784, 10)`, `F.relu(x)`, `torch.cat([x, y], dim=1)`.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::Expr;

use super::{Meaning, Refusal, Result, meaning, tensor};
use crate::ast::{Arg, Layer};
use crate::layers::{self, Foreign, Row};
use crate::{resolve, text};

/// A class or function of a module by its last name.
pub fn named(name: &str, args: &[&Expr]) -> Result {
    if name.starts_with(char::is_uppercase) {
        return class(name, args);
    }
    match (name, args) {
        ("cat" | "concat" | "concatenate" | "hstack" | "stack", [list, rest @ ..]) => {
            let (list, rest) = match items(list) {
                items if items.len() > 1 => (items, rest),
                _ => (args.to_vec(), &[][..]),
            };
            let axis = tensor::concat_axis(rest)?;
            list.split_first()
                .map_or_else(|| unknown(name), |(first, others)| join("Concat", first, others, axis.trim_end_matches(", axis = 0")))
        }
        ("add", [left, right]) => join("Add", left, &[right], ""),
        ("sub" | "subtract", [left, right]) => join("Sub", left, &[right], ""),
        ("mul" | "multiply", [left, right]) => join("Mul", left, &[right], ""),
        ("div" | "divide" | "true_divide", [left, right]) => join("Div", left, &[right], ""),
        ("matmul" | "bmm" | "mm", [left, right]) => join("MatMul", left, &[right], ""),
        ("min" | "minimum", [left, right]) if tag(right).is_some() => join("Minimum", left, &[right], ""),
        ("max" | "maximum", [left, right]) if tag(right).is_some() => join("Maximum", left, &[right], ""),
        (_, [first, rest @ ..]) => tensor::method(meaning(first)?, name, rest),
        // `F.relu` as a value.
        (_, []) => function(Meaning::default(), name, &[]),
    }
}

/// A function on a tensor that corresponds to a layer.
pub fn function(mut before: Meaning, name: &str, args: &[&Expr]) -> Result {
    let row = row(name)?.filter(|row| row.module.is_none() || row.kind == "PReLU");
    let Some(row) = row else { return unknown(name) };
    let args: Vec<Arg> =
        args.iter().map(|arg| argument(arg)).filter(|arg| !matches!(arg, Arg::Option { key, .. } if key == "training")).collect();
    before.steps.push(written(row, args));
    Ok(before)
}

fn class(name: &str, args: &[&Expr]) -> Result {
    let makes = |steps: Vec<String>| Ok(Meaning { steps, makes: true });
    match name {
        "Sequential" => {
            let items = match args {
                [list] if items(list).len() > 1 => items(list),
                _ => args.to_vec(),
            };
            let mut steps = Vec::new();
            for item in items {
                // `Sequential(Linear(784, 10), ReLU)`
                let inner = match item {
                    Expr::Path(path) if path.path.get_ident().is_some_and(|word| word.to_string().starts_with(char::is_uppercase)) => {
                        class(&text::of(path), &[])?
                    }
                    item => meaning(item)?,
                };
                steps.extend(inner.steps);
            }
            return makes(if steps.is_empty() { steps } else { vec![format!("Sequential {{ {} }}", steps.join(", "))] });
        }
        "Identity" => return makes(Vec::new()),
        "Parameter" => {
            if let Some(step) = parameter(args) {
                return makes(vec![step]);
            }
        }
        _ => {}
    }
    match row(name)? {
        Some(row) => makes(vec![written(row, args.iter().map(|arg| argument(arg)).collect())]),
        None => unknown(name),
    }
}

/// `nn.Parameter(torch.zeros(1, 64))`
fn parameter(args: &[&Expr]) -> Option<String> {
    let Expr::MethodCall(made) = args.first()? else { return None };
    let init = match made.method.to_string().as_str() {
        "zeros" | "empty" => "",
        "ones" => ", init = ones",
        "randn" => ", init = normal(1.0)",
        "rand" => ", init = uniform(0.0, 1.0)",
        _ => return None,
    };
    let sizes: Vec<&Expr> = made.args.iter().flat_map(items).filter(|size| !matches!(size, Expr::Assign(_))).collect();
    let sizes: Vec<String> = sizes.into_iter().map(text::of).collect();
    (!sizes.is_empty()).then(|| format!("Parameter([{}]{init})", sizes.join(", ")))
}

/// The layer of a name.
fn row(name: &str) -> std::result::Result<Option<&'static Row>, Refusal> {
    if let Some(row) = layers::find(name) {
        return Ok(Some(row));
    }
    match layers::foreign(name) {
        Some(Foreign::Layer(kind)) => Ok(layers::find(kind)),
        Some(Foreign::Hint(hint)) => {
            // The advice goes on its own line.
            Err(Refusal::Absent { layer: name.to_owned(), reason: format!("\nhelp: {hint}") })
        }
        Some(Foreign::Absent(reason)) => Err(Refusal::Absent { layer: name.to_owned(), reason: format!(": {reason}") }),
        None => Ok(layers::in_other_letters(name)),
    }
}

fn unknown(name: &str) -> Result {
    Err(Refusal::Unknown(name.to_owned()))
}

/// A layer with its arguments in this language's form.
fn written(row: &'static Row, args: Vec<Arg>) -> String {
    let kind = Ident::new(row.kind, Span::call_site());
    let tokens = kind.to_token_stream();
    resolve::corrected(row, &Layer { kind, args, illegible_args: false, tokens }).0
}

fn argument(expression: &Expr) -> Arg {
    if let Expr::Assign(assign) = expression
        && let Expr::Path(path) = &*assign.left
        && let Some(key) = path.path.get_ident()
    {
        return Arg::Option { key: key.clone(), value: (*assign.right).clone() };
    }
    Arg::Position { input: None, size: expression.clone() }
}

/// The items of a list or tuple.
pub fn items(expression: &Expr) -> Vec<&Expr> {
    match expression {
        Expr::Array(array) => array.elems.iter().collect(),
        Expr::Tuple(tuple) => tuple.elems.iter().collect(),
        Expr::Paren(inner) => items(&inner.expr),
        other => vec![other],
    }
}

fn tag(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// A join of the steps of `first` with variables, which become tags.
pub fn join(kind: &str, first: &Expr, others: &[&Expr], options: &str) -> Result {
    let mut before = meaning(first)?;
    // `x * 0.5`
    if let ([number], "Add" | "Sub" | "Mul" | "Div") = (others, kind)
        && matches!(number, Expr::Lit(literal) if matches!(literal.lit, syn::Lit::Int(_) | syn::Lit::Float(_)))
    {
        before.steps.push(format!("{kind}({})", text::of(number)));
        return Ok(before);
    }
    let tags: Option<Vec<String>> = others.iter().map(|other| tag(other)).collect();
    match tags {
        Some(tags) if !tags.is_empty() => {
            before.steps.push(format!("{kind}({}{options})", tags.join(", ")));
            Ok(before)
        }
        _ => unknown(kind),
    }
}
