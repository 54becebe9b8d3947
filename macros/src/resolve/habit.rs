//! Values in the notation of other libraries, and the corrected layer.

use proc_macro2::{Ident, Literal, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, UnOp, parse_quote};

use super::Given;
use crate::ast::Arg;
use crate::layers::{self, Kind, Positions};
use crate::text;

/// The counterpart of a value.
enum Meant {
    /// This one.
    Value(Expr),
    /// It is the default and can be omitted.
    Default,
}

/// An integer.
fn number(number: usize) -> Expr {
    let literal = Literal::usize_unsuffixed(number);
    parse_quote!(#literal)
}

fn whole(expression: &Expr) -> Option<usize> {
    match expression {
        Expr::Paren(inner) => whole(&inner.expr),
        Expr::Group(inner) => whole(&inner.expr),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        _ => None,
    }
}

/// A negative number.
fn negative(expression: &Expr) -> Option<usize> {
    match expression {
        Expr::Unary(minus) if matches!(minus.op, UnOp::Neg(_)) => whole(&minus.expr),
        _ => None,
    }
}

/// Whether it is an axis counted from the end: `-1`.
pub fn is_from_the_end(axis: &Expr) -> bool {
    negative(axis).is_some()
}

/// Whether some of these axes, of which there may be one, are counted from the end.
pub fn are_from_the_end(axes: &Expr) -> bool {
    match axes {
        Expr::Tuple(tuple) => tuple.elems.iter().any(are_from_the_end),
        Expr::Array(array) => array.elems.iter().any(are_from_the_end),
        Expr::Paren(inner) => are_from_the_end(&inner.expr),
        axis => is_from_the_end(axis),
    }
}

/// Whether this is PyTorch's batch axis: `0`, or the same from the end where the rank is known.
pub fn is_batch(axis: &Expr, rank: Option<usize>) -> bool {
    whole(axis) == Some(0) || negative(axis).is_some_and(|behind| rank.is_some_and(|rank| behind == rank + 1))
}

/// PyTorch's axes as they are written there: `-1`, `(1, -1)`.
pub fn torch_axes(axes: &Expr) -> String {
    match axes {
        Expr::Tuple(tuple) => format!("({})", tuple.elems.iter().map(torch_axes).collect::<Vec<_>>().join(", ")),
        Expr::Array(array) => format!("[{}]", array.elems.iter().map(torch_axes).collect::<Vec<_>>().join(", ")),
        axis => negative(axis).map_or_else(|| text::of(axis), |behind| format!("-{behind}")),
    }
}

/// A bare word or a string.
fn word(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        Expr::Lit(ExprLit { lit: Lit::Bool(bool), .. }) => Some(bool.value.to_string()),
        Expr::Call(call) => word(&call.func),
        Expr::MethodCall(call) => Some(call.method.to_string()),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => Some(name.to_string()),
            syn::Member::Unnamed(_) => None,
        },
        _ => None,
    }
}

/// Converts PyTorch's axes, which include the batch; None if that is not possible.
pub fn axes(expression: &Expr, rank: Option<usize>) -> Option<Expr> {
    match expression {
        Expr::Tuple(tuple) => {
            let axes: Option<Vec<Expr>> = tuple.elems.iter().map(|axis| axes(axis, rank)).collect();
            let axes = axes?;
            Some(parse_quote!((#(#axes),*)))
        }
        Expr::Array(array) => {
            let axes: Option<Vec<Expr>> = array.elems.iter().map(|axis| axes(axis, rank)).collect();
            let axes = axes?;
            Some(parse_quote!((#(#axes),*)))
        }
        _ => match (whole(expression), negative(expression)) {
            (Some(axis), _) => axis.checked_sub(1).map(number),
            (_, Some(behind)) => rank?.checked_sub(behind).map(number),
            _ => None,
        },
    }
}

/// The layer of an activation that Keras and PyTorch name by a string.
pub fn activation(expression: &Expr) -> Option<&'static str> {
    let word = word(expression)?;
    layers::in_other_letters(&word).map(|row| row.kind)
}

/// A boolean.
pub fn is_bool(expression: &Expr) -> bool {
    matches!(word(expression).as_deref(), Some("true" | "false" | "True" | "False"))
}

/// Whether a value is kept: the last axis, `-1`, and `None` mean the default.
pub fn keeps(expression: &Expr) -> bool {
    negative(expression) != Some(1) && word(expression).as_deref() != Some("None")
}

/// An integer or a pair of integers.
fn pair(expression: &Expr) -> Option<[usize; 2]> {
    match expression {
        Expr::Tuple(tuple) if tuple.elems.len() == 2 => Some([whole(&tuple.elems[0])?, whole(&tuple.elems[1])?]),
        Expr::Array(array) if array.elems.len() == 2 => Some([whole(&array.elems[0])?, whole(&array.elems[1])?]),
        other => whole(other).map(|size| [size; 2]),
    }
}

/// A pair, as one number if both are equal.
fn of_pair([height, width]: [usize; 2]) -> Expr {
    let (high, wide) = (number(height), number(width));
    if height == width { high } else { parse_quote!((#high, #wide)) }
}

impl Given<'_> {
    /// Whether a value is in another library's notation.
    pub(super) fn is_foreign(&self) -> bool {
        let kind = |field: &str| self.row.option(field).map_or(Kind::Size, |option| option.kind);
        !self.behind.is_empty() || self.list.iter().any(|(field, value)| self.meant(field, kind(field), value).is_some())
    }

    /// The meaning of a value in another library's notation.
    fn meant(&self, field: &str, kind: Kind, value: &Expr) -> Option<Meant> {
        let word = word(value).unwrap_or_default();
        let path = matches!(value, Expr::Path(path) if path.path.get_ident().is_some());
        if path && word == "None" {
            return Some(Meant::Default);
        }
        match kind {
            Kind::Bool if path && word == "True" => Some(Meant::Value(parse_quote!(true))),
            Kind::Bool if path && word == "False" => Some(Meant::Value(parse_quote!(false))),
            Kind::Word(words) if !path && words.list.iter().any(|(known, _)| *known == word) => {
                let known = words.list.iter().find(|(known, _)| *known == word)?;
                let ident = Ident::new(known.0, Span::call_site());
                Some(Meant::Value(parse_quote!(#ident)))
            }
            Kind::Size | Kind::Pair if field == "padding" && word == "valid" => Some(Meant::Default),
            Kind::Size | Kind::Pair if field == "padding" && word == "same" => {
                let kernel = self.get("kernel").and_then(pair)?;
                let dilation = self.get("dilation").map_or(Some([1; 2]), pair)?;
                let total = |axis: usize| dilation[axis].checked_mul(kernel[axis].checked_sub(1)?);
                let (height, width) = (total(0)?, total(1)?);
                (height % 2 == 0 && width % 2 == 0).then(|| Meant::Value(of_pair([height / 2, width / 2])))
            }
            // PyTorch's `pad` states left, right, top and bottom.
            Kind::Pair if field == "padding" && self.row.kind == "Pad" => {
                let sides: Vec<usize> = match value {
                    Expr::Tuple(tuple) => tuple.elems.iter().map(whole).collect::<Option<_>>()?,
                    Expr::Array(array) => array.elems.iter().map(whole).collect::<Option<_>>()?,
                    _ => return None,
                };
                match sides[..] {
                    [left, right, top, bottom] if left == right && top == bottom => Some(Meant::Value(of_pair([top, left]))),
                    _ => None,
                }
            }
            Kind::Size | Kind::Pair | Kind::Float if matches!(value, Expr::Lit(ExprLit { lit: Lit::Str(_), .. })) => {
                let number: Literal = word.parse().ok()?;
                let number: Expr = syn::parse2(number.into_token_stream()).ok()?;
                matches!(&number, Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. })).then_some(Meant::Value(number))
            }
            // Keras's `return_sequences`.
            Kind::Word(words) if words.kind == "Steps" && matches!(word.as_str(), "True" | "true") => Some(Meant::Default),
            Kind::Word(words) if words.kind == "Steps" && matches!(word.as_str(), "False" | "false") => {
                Some(Meant::Value(parse_quote!(last)))
            }
            Kind::Size if field == "axis" && self.keeps_dim(value) => None,
            Kind::Size if field == "axis" && self.rank.is_none() && !keeps(value) => Some(Meant::Default),
            Kind::Size if field == "axis" => axes(value, self.rank).filter(|_| negative(value).is_some()).map(Meant::Value),
            _ => None,
        }
    }

    /// The message about such a value, with the correction.
    pub(super) fn instead(&self, field: &str, kind: Kind, value: &Expr) -> Option<String> {
        let word = word(value).unwrap_or_default();
        let shown = text::of(value);
        if matches!(kind, Kind::Size) && field == "axis" && negative(value).is_some() {
            return Some(self.beyond(value));
        }
        if field == "padding" && matches!(word.as_str(), "same" | "valid") && !matches!(value, Expr::Call(_)) {
            let must = if kind == Kind::Pair { "must be an integer or a pair `(height, width)`" } else { "must be an integer" };
            let help = match self.meant(field, kind, value) {
                Some(Meant::Value(padding)) => format!("write `{}`, which keeps the size", text::of(padding)),
                Some(Meant::Default) => "write `0`, which is also the default".to_owned(),
                None => "with a stride of 1 and an odd kernel, half the kernel keeps the size".to_owned(),
            };
            return Some(format!("{must}, but is `{shown}`\nhelp: {help}"));
        }
        match self.meant(field, kind, value) {
            Some(Meant::Default) => Some(format!("must be a value, but is `{shown}`\nhelp: leave the option out")),
            Some(Meant::Value(number)) if matches!(kind, Kind::Size | Kind::Pair | Kind::Float) && matches!(value, Expr::Lit(_)) => {
                Some(format!("must be a number, but is the text `{shown}`\nhelp: write `{}`", text::of(number)))
            }
            Some(Meant::Value(pair)) if self.row.kind == "Pad" && field == "padding" => {
                Some(format!("must be an integer or a pair `(height, width)`, but is `{shown}`\nhelp: write `{}`", text::of(pair)))
            }
            _ => None,
        }
    }

    /// The first axis of a list that is counted from the end, and the message about it.
    pub(super) fn negative<'e>(&self, field: &str, list: &[&'e Expr]) -> Option<(&'e Expr, String)> {
        if field != "axes" {
            return None;
        }
        let items: Vec<&'e Expr> = match list {
            [Expr::Tuple(tuple)] => tuple.elems.iter().collect(),
            [Expr::Array(array)] => array.elems.iter().collect(),
            _ => list.to_vec(),
        };
        let item = items.into_iter().find(|item| negative(item).is_some())?;
        Some((item, self.beyond(item)))
    }

    /// An axis or axes, those counted from the end as they are counted from the beginning, where the rank is known.
    pub(super) fn counted(&self, field: &str, value: &Expr) -> Expr {
        if !matches!(field, "axis" | "axes") {
            return value.clone();
        }
        match value {
            Expr::Tuple(tuple) => {
                let axes = tuple.elems.iter().map(|axis| self.counted(field, axis));
                parse_quote!((#(#axes),*,))
            }
            Expr::Array(array) => {
                let axes = array.elems.iter().map(|axis| self.counted(field, axis));
                parse_quote!([#(#axes),*])
            }
            axis => match (negative(axis), self.axes_counted()) {
                (Some(behind @ 1..), Some(rank)) if behind <= rank => {
                    let mut literal = Literal::usize_unsuffixed(rank - behind);
                    literal.set_span(axis.span());
                    parse_quote!(#literal)
                }
                _ => axis.clone(),
            },
        }
    }

    /// The number of axes that one can be counted among: of the input, or of the output where an axis is added.
    fn axes_counted(&self) -> Option<usize> {
        self.rank.map(|rank| rank + usize::from(self.row.outline == layers::Outline::OneMore))
    }

    /// The message about an axis from the end that cannot be counted.
    fn beyond(&self, axis: &Expr) -> String {
        let shown = text::of(axis);
        match self.axes_counted() {
            Some(rank) => {
                let axes = if rank == 1 { "there is 1 axis".to_owned() } else { format!("there are {rank} axes") };
                format!("is `{shown}`, but {axes} to count from the end, without the batch")
            }
            None => {
                format!(
                    "is `{shown}`, but the number of axes is known only to the compiler\nhelp: count from the first axis, which is 0, without the batch"
                )
            }
        }
    }

    /// The corrected values.
    pub(super) fn normalize(&mut self) {
        let list = std::mem::take(&mut self.list);
        let kinds: Vec<Kind> = list.iter().map(|(field, _)| self.row.option(field).map_or(Kind::Size, |option| option.kind)).collect();
        // The padding is computed from the others.
        self.list = list.clone();
        self.list = list
            .into_iter()
            .zip(kinds)
            .filter_map(|((field, value), kind)| match self.meant(field, kind, &value) {
                Some(Meant::Value(value)) => Some((field, value)),
                Some(Meant::Default) => None,
                None => Some((field, value)),
            })
            .collect();
    }

    /// Whether an axis from the end stays as it is, under PyTorch's name of the option.
    pub(super) fn keeps_dim(&self, value: &Expr) -> bool {
        self.rewrites && are_from_the_end(value) && layers::torch_field(self.row, "dim").is_some()
    }

    /// The corrected layer and the steps after it.
    pub(super) fn written(&self) -> String {
        let mut args = Vec::new();
        let all = |field: &str| self.list.iter().filter(|(name, _)| *name == field).map(|(_, value)| text::of(value)).collect::<Vec<_>>();
        let nameless: &[&str] = match &self.row.positions() {
            Positions::InOut { input, output, .. } => {
                match (all(input).first(), all(output).first()) {
                    (Some(input), Some(output)) => args.push(format!("{input} -> {output}")),
                    (_, output) => args.extend(output.cloned()),
                }
                &[input, output]
            }
            Positions::Features(field) | Positions::Option(field) | Positions::List(field)
                if !self.list.iter().any(|(name, value)| name == field && are_from_the_end(value)) =>
            {
                args.extend(all(field));
                &[field]
            }
            _ => &[],
        };
        let named = self.list.iter().filter(|(field, _)| !nameless.contains(field));
        args.extend(named.map(|(field, value)| match are_from_the_end(value) && layers::torch_field(self.row, "dim") == Some(field) {
            true => format!("dim = {}", torch_axes(value)),
            false => format!("{field} = {}", text::of(value)),
        }));
        args.extend(self.layer.args.iter().filter_map(|arg| match arg {
            Arg::Option { key, value } if key == crate::init::OPTION => Some(format!("{key} = {}", text::of(value))),
            _ => None,
        }));
        let layer = if args.is_empty() { self.row.kind.to_owned() } else { format!("{}({})", self.row.kind, args.join(", ")) };
        [layer].into_iter().chain(self.behind.iter().map(|step| (*step).to_owned())).collect::<Vec<_>>().join(", ")
    }

    /// The same as arguments.
    pub(super) fn args(&self) -> Vec<Arg> {
        let (mut input, mut args, mut options) = (None, Vec::new(), Vec::new());
        for (field, value) in &self.list {
            let value = value.clone();
            match self.row.positions() {
                Positions::InOut { input: first, .. } if *field == first => input = Some(value),
                Positions::InOut { output, .. } if *field == output => args.push(Arg::Position { input: input.take(), size: value }),
                Positions::Features(first) | Positions::Option(first) | Positions::List(first) if *field == first => {
                    args.push(Arg::Position { input: None, size: value });
                }
                _ => options.push(Arg::Option { key: Ident::new(field, Span::call_site()), value }),
            }
        }
        args.extend(options);
        args.extend(self.layer.args.iter().filter(|arg| matches!(arg, Arg::Option { key, .. } if key == crate::init::OPTION)).cloned());
        args
    }
}
