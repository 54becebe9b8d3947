//! From a layer as written to a row of the table and a value for each of its arguments.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::Expr;

use crate::ast::{Arg, Layer};
use crate::layers::{self, Default, Kind, Meant, Positions, Row};
use crate::report::Report;
use crate::settings::{Num, Setting, Settings, Symbols, Value};
use crate::{text, value};

/// The row of a layer's kind. A misspelt kind that can only mean one layer is reported and taken for that.
pub fn row(kind: &Ident, report: &mut Report) -> Option<&'static Row> {
    let word = kind.to_string();
    if let Some(row) = layers::find(&word) {
        return Some(row);
    }
    let unknown = format!("there is no layer `{word}`");
    if let Some(hint) = layers::kind_hint(&word) {
        report.add(kind, format_args!("{unknown}\nhelp: {hint}"));
        return None;
    }
    if let Some(row) = layers::nearest(&word) {
        report.add(kind, format_args!("{unknown}\nhelp: write `{}`", row.kind));
        return Some(row);
    }
    let all: Vec<&str> = layers::ROWS.iter().map(|row| row.kind).collect();
    report.add(kind, format_args!("{unknown}\nhelp: the layers are {}", all.join(", ")));
    None
}

/// The values of a layer's arguments, in the order of its operation's fields. `name` is the layer's.
pub fn settings(row: &'static Row, layer: &Layer, name: &str, symbols: &mut Symbols, report: &mut Report) -> Settings {
    let mut given = Given { row, layer, name, list: Vec::new() };
    given.positions(report);
    given.options(report);
    given.missing(report);
    given.values(symbols, report)
}

/// The arguments that were given: for which field, and the value.
struct Given<'a> {
    row: &'static Row,
    layer: &'a Layer,
    name: &'a str,
    list: Vec<(&'static str, &'a Expr)>,
}

impl<'a> Given<'a> {
    fn has(&self, field: &str) -> bool {
        self.list.iter().any(|(name, _)| *name == field)
    }

    /// The arguments without a name.
    fn positions(&mut self, report: &mut Report) {
        let positions: Vec<(Option<&'a Expr>, &'a Expr)> = self
            .layer
            .args
            .iter()
            .filter_map(|arg| match arg {
                Arg::Position { input, size } => Some((input.as_ref(), size)),
                Arg::Option { .. } => None,
            })
            .collect();
        self.out_of_order(report);
        let Some((&(input, size), rest)) = positions.split_first() else { return };
        let one = self.row.positions != Positions::None;
        if let (Some(arrow), false) = (input, matches!(self.row.positions, Positions::InOut { .. })) {
            let instead = if one { format!("write `{}`", self.row.example) } else { "it takes what comes".to_owned() };
            report.add(arrow, format_args!("`{}` does not change sizes and takes no `in -> out`\nhelp: {instead}", self.row.kind));
            if let Positions::Option(field) | Positions::Features(field) = self.row.positions {
                self.list.push((field, size));
            }
            return;
        }
        let mut extra: Vec<&'a Expr> = if one { rest.iter().map(|(_, size)| *size).collect() } else { vec![size] };
        extra.retain(|extra| {
            // `Conv2d(6, bias)`
            let word = if let Expr::Path(path) = extra { path.path.get_ident() } else { None };
            let option = word.and_then(|word| self.row.option(&word.to_string()));
            if let Some(option) = option {
                let value = if option.kind == Kind::Bool { "true" } else { ".." };
                report.add(extra, format_args!("an option is given a value\nhelp: write `{} = {value}`", option.name));
            }
            option.is_none()
        });
        let mut taken: &[&'a Expr] = &extra;
        match self.row.positions {
            Positions::None => {}
            Positions::Features(field) | Positions::Option(field) => self.list.push((field, size)),
            Positions::InOut { input: field_in, output, .. } => {
                // PyTorch's `Linear(400, 120)` and `Conv2d(3, 64, 3)` state both sizes; `Conv2d(64, 3)` was written with ours in mind.
                let required = self.row.options.iter().filter(|option| option.default == Default::Required && !self.names(option.name));
                match (input, extra.split_first()) {
                    (None, Some((second, others))) if extra.len() > required.count() => {
                        self.list.extend([(field_in, size), (output, *second)]);
                        taken = others;
                    }
                    _ => self.list.extend(input.map(|input| (field_in, input)).into_iter().chain([(output, size)])),
                }
            }
        }
        if !extra.is_empty() {
            self.extra(&extra, taken, report);
        }
    }

    /// Is an option given by its name?
    fn names(&self, option: &str) -> bool {
        self.layer.args.iter().any(|arg| matches!(arg, Arg::Option { key, .. } if key == option))
    }

    /// Sizes stand before options.
    fn out_of_order(&self, report: &mut Report) {
        let mut options = false;
        for arg in &self.layer.args {
            match arg {
                Arg::Option { .. } => options = true,
                Arg::Position { size, input } if options => {
                    let text = input.as_ref().map_or_else(|| text::of(size), |input| format!("{} -> {}", text::of(input), text::of(size)));
                    let help = format!("write `{}({text}, ..)`", self.row.kind);
                    report.add(size, format_args!("an argument without a name stands before those with one\nhelp: {help}"));
                    return;
                }
                Arg::Position { .. } => {}
            }
        }
    }

    /// More arguments without a name than the layer has: `all` of them; `others` are those that stand for options.
    fn extra(&mut self, all: &[&'a Expr], others: &[&'a Expr], report: &mut Report) {
        let (row, first) = (self.row, all[0]);
        let position = match row.positions {
            Positions::Option(field) => Some(field),
            _ => None,
        };
        let free: Vec<&'static str> =
            row.options.iter().map(|option| option.name).filter(|name| Some(*name) != position && !self.names(name)).collect();
        if others.len() > free.len() {
            let takes = match row.positions {
                Positions::None if row.options.is_empty() => "takes no arguments",
                Positions::None => "takes no argument without a name",
                Positions::InOut { .. } => "takes one size without a name, or `in -> out`",
                Positions::Features(_) | Positions::Option(_) => "takes one argument without a name",
            };
            report.add(first, format_args!("`{}` {takes}\nhelp: write `{}`", row.kind, row.example));
            return;
        }
        self.list.extend(free.iter().copied().zip(others.iter().copied()));
        let written = self.written(&free[..others.len()]);
        let takes = match row.positions {
            Positions::None => "takes its argument by name",
            Positions::InOut { .. } if others.is_empty() => "takes both sizes as `in -> out`",
            Positions::InOut { .. } => "takes everything but its sizes by name",
            Positions::Features(_) | Positions::Option(_) => "takes everything but its first argument by name",
        };
        report.add(first, format_args!("`{}` {takes}\nhelp: write `{written}`", row.kind));
    }

    /// The layer as it should have been written, where some arguments lack their names.
    fn written(&self, nameless: &[&str]) -> String {
        let mut args = Vec::new();
        let expression = |field: &str| self.list.iter().find(|(name, _)| *name == field).map(|(_, value)| text::of(value));
        match self.row.positions {
            Positions::InOut { input, output, .. } => {
                let size = expression(output).unwrap_or_default();
                args.push(expression(input).map_or_else(|| size.clone(), |input| format!("{input} -> {size}")));
            }
            Positions::Features(field) | Positions::Option(field) => args.extend(expression(field)),
            Positions::None => {}
        }
        args.extend(nameless.iter().filter_map(|name| Some(format!("{name} = {}", expression(name)?))));
        args.extend(self.layer.args.iter().filter_map(|arg| match arg {
            Arg::Option { key, value } => Some(format!("{key} = {}", text::of(value))),
            Arg::Position { .. } => None,
        }));
        format!("{}({})", self.row.kind, args.join(", "))
    }

    /// The arguments with a name.
    fn options(&mut self, report: &mut Report) {
        for arg in &self.layer.args {
            let Arg::Option { key, value } = arg else { continue };
            let Some(field) = self.field(key, value, report) else { continue };
            if self.has(field) {
                report.add(key, format_args!("`{field}` of `{}` is given twice; keep one", self.name));
            } else {
                self.list.push((field, value));
            }
        }
    }

    /// The field that an option's name stands for. A wrong name is reported, and taken for the one that was meant.
    fn field(&self, key: &Ident, value: &Expr, report: &mut Report) -> Option<&'static str> {
        let (row, word) = (self.row, key.to_string());
        if let Some(option) = row.option(&word) {
            return Some(option.name);
        }
        let unknown = format!("`{}` has no option `{word}`", row.kind);
        let size = text::of(value);
        let options: Vec<&'static str> = row.options.iter().map(|option| option.name).collect();
        match (layers::meant(row, &word), row.positions) {
            (Some(Meant::Option(name)), _) => {
                let note = if name == "axis" { ", counted without the batch" } else { "" };
                report.add(key, format_args!("{unknown}\nhelp: write `{name}`{note}"));
                return Some(name);
            }
            (Some(Meant::In), Positions::InOut { input, what, .. }) => {
                report.add(key, format_args!("{unknown}\nhelp: the {what} in stand first, before an arrow: `{}({size} -> ..)`", row.kind));
                return Some(input);
            }
            (Some(Meant::Size), Positions::InOut { output, what, .. }) => {
                report.add(key, format_args!("{unknown}\nhelp: the {what} out stand first, without a name: `{}({size}, ..)`", row.kind));
                return Some(output);
            }
            (Some(Meant::Size), Positions::Features(field)) => {
                report.add(key, format_args!("{unknown}\nhelp: the number stands first, without a name: `{}({size})`", row.kind));
                return Some(field);
            }
            _ => {}
        }
        if let Some(reason) = layers::unsupported_option(&word) {
            report.add(key, format_args!("{unknown}: {reason}"));
            return None;
        }
        if let Some(name) = crate::spelling::nearest(&word, &options) {
            report.add(key, format_args!("{unknown}\nhelp: write `{name}`"));
            return Some(name);
        }
        let help = match options[..] {
            [] => "it takes none".to_owned(),
            _ => format!("its options are {}", options.join(", ")),
        };
        report.add(key, format_args!("{unknown}\nhelp: {help}"));
        None
    }

    /// What must be given and is not, in one message.
    fn missing(&self, report: &mut Report) {
        if self.layer.illegible_args {
            return;
        }
        let mut missing = Vec::new();
        if let Positions::InOut { output, what, .. } = self.row.positions
            && !self.has(output)
        {
            missing.push(format!("its {what} out"));
        }
        for option in self.row.options.iter().filter(|option| option.default == Default::Required && !self.has(option.name)) {
            missing.push(format!("a {}", option.name));
        }
        if missing.is_empty() {
            return;
        }
        let needs = missing.join(" and ");
        let example = match self.row.positions {
            // Only the kernel is missing.
            Positions::InOut { output, .. } if self.has(output) => {
                let written = self.written(&[]);
                format!("{}, kernel = 3)", written.strip_suffix(')').unwrap_or(&written))
            }
            _ => self.row.example.to_owned(),
        };
        report.add(&self.layer.kind, format_args!("`{}` needs {needs}\nhelp: for example `{example}`", self.name));
    }

    /// A value for each field of the operation.
    fn values(&self, symbols: &mut Symbols, report: &mut Report) -> Settings {
        let mut settings = Settings::default();
        let mut add = |name: &'static str, kind: Kind, default: Default, what: &str| {
            let given = self.list.iter().find(|(field, _)| *field == name).map(|(_, expression)| *expression);
            let value = match given {
                Some(expression) => value::of_kind(kind, expression, what, symbols, report),
                None => self.default(kind, default, &settings),
            };
            settings.list.push(Setting { name, value, tokens: given.map(ToTokens::to_token_stream) });
        };
        match self.row.positions {
            Positions::InOut { input, output, what } => {
                add(input, Kind::Size, Default::Infer, &format!("the number of {what} in of `{}`", self.name));
                add(output, Kind::Size, Default::Required, &format!("the number of {what} out of `{}`", self.name));
            }
            Positions::Features(field) => {
                add(field, Kind::Size, Default::Infer, &format!("the number of features of `{}`", self.name));
            }
            Positions::None | Positions::Option(_) => {}
        }
        for option in self.row.options {
            add(option.name, option.kind, option.default, &format!("`{}` of `{}`", option.name, self.name));
        }
        settings
    }

    fn default(&self, kind: Kind, default: Default, before: &Settings) -> Option<Value> {
        let size = match default {
            Default::Required => return None,
            Default::Same(name) => return before.get(name)?.value.clone(),
            Default::Float(number) => return Some(Value::Float(Num::Known(number))),
            Default::Bool(value) => return Some(Value::Bool(Num::Known(value))),
            Default::Infer => layercake_ir::INFER,
            Default::Size(size) => size,
        };
        Some(if kind == Kind::Pair { Value::Pair([Num::Known(size), Num::Known(size)]) } else { Value::Size(Num::Known(size)) })
    }
}
