//! From a layer as written to a row of the table and a value for each of its arguments.

mod positions;

use proc_macro2::Ident;
use quote::{ToTokens, quote};
use syn::Expr;

use crate::ast::{Arg, Layer};
use crate::layers::{self, Default, Kind, Meant, Positions, Row};
use crate::report::Report;
use crate::settings::{Num, Setting, Settings, Symbols, Value};
use crate::{text, value};

/// The row of a layer's kind. A misspelt kind that can only mean one layer is reported and taken for that. `others` are the names of
/// templates and networks that can be meant as well.
pub fn row(kind: &Ident, others: &[String], report: &mut Report) -> Option<&'static Row> {
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
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    if let Some(near) = crate::spelling::nearest(&word, &others) {
        report.add(kind, format_args!("{unknown}\nhelp: write `{near}`"));
        return None;
    }
    let all: Vec<&str> = layers::all().map(|row| row.kind).collect();
    let all = all.join(", ");
    report.add(
        kind,
        format_args!("{unknown}\nhelp: the layers are {all}; a network declared elsewhere and a layer of your own are written with their path, `self::{word}`"),
    );
    None
}

/// The values of a layer's arguments, in the order of its operation's fields. `name` is the layer's.
pub fn settings(row: &'static Row, layer: &Layer, name: &str, symbols: &mut Symbols, report: &mut Report) -> Settings {
    let mut given = Given { row, layer, name, list: Vec::new(), illegible: layer.illegible_args };
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
    /// Some could not be told apart, so that nothing can be said to be missing.
    illegible: bool,
}

impl<'a> Given<'a> {
    fn has(&self, field: &str) -> bool {
        self.list.iter().any(|(name, _)| *name == field)
    }

    /// The arguments with a name.
    fn options(&mut self, report: &mut Report) {
        for arg in &self.layer.args {
            let Arg::Option { key, value } = arg else { continue };
            // No field of the operation: [`crate::init`] reads it.
            if key == crate::init::OPTION {
                continue;
            }
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
        if row.field.is_some() && matches!(word.as_str(), "initializer" | "weight_init" | "kernel_initializer" | "initialization" | "inits")
        {
            report.add(key, format_args!("{unknown}\nhelp: write `{}`", crate::init::OPTION));
            return None;
        }
        if row.kind == "Linear" && matches!(word.as_str(), "dropconnect" | "drop" | "dropout" | "weight_dropout" | "weight_drop") {
            report.add(key, format_args!("{unknown}\nhelp: write `drop_connect` to drop weights; `Dropout` is a layer of its own"));
            return None;
        }
        let size = text::of(value);
        let options: Vec<&'static str> = row.options.iter().map(|option| option.name).collect();
        match (layers::meant(row, &word), row.positions) {
            (Some(Meant::Option(name)), _) => {
                let note = if name == "axis" { ", counted without the batch" } else { "" };
                report.add(key, format_args!("{unknown}\nhelp: write `{name}`{note}"));
                return Some(name);
            }
            (Some(Meant::In), Positions::InOut { input, what, .. }) => {
                report
                    .add(key, format_args!("{unknown}\nhelp: the input {what} stand first, before an arrow: `{}({size} -> ..)`", row.kind));
                return Some(input);
            }
            (Some(Meant::Size), Positions::InOut { output, what, .. }) => {
                report.add(key, format_args!("{unknown}\nhelp: the output {what} stand first, without a name: `{}({size}, ..)`", row.kind));
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
        if self.illegible {
            return;
        }
        let mut missing = Vec::new();
        if let Positions::InOut { output, what, .. } = self.row.positions
            && !self.has(output)
        {
            missing.push(format!("its output {what}"));
        }
        for option in self.row.options.iter().filter(|option| option.default == Default::Required && !self.has(option.name)) {
            missing.push(if option.name == "kernel" { "a kernel".to_owned() } else { format!("its {}", option.name) });
        }
        if missing.is_empty() {
            return;
        }
        let needs = missing.join(" and ");
        let example = match self.row.positions {
            // Only options are missing.
            Positions::InOut { output, .. } if self.has(output) => {
                let written = self.written(&[]);
                let required = self.row.options.iter().filter(|option| option.default == Default::Required && !self.has(option.name));
                let shown: String = required.map(|option| format!(", {} = {}", option.name, self.row.shown(option.name))).collect();
                format!("{}{shown})", written.strip_suffix(')').unwrap_or(&written))
            }
            _ => self.row.example.to_owned(),
        };
        report.add(&self.layer.kind, format_args!("`{}` needs {needs}\nhelp: for example `{example}`", self.name));
    }

    /// A value for each field of the operation.
    fn values(&self, symbols: &mut Symbols, report: &mut Report) -> Settings {
        let mut settings = Settings::default();
        let mut add = |name: &'static str, kind: Kind, default: Default, what: &str| {
            let all: Vec<&Expr> = self.list.iter().filter(|(field, _)| *field == name).map(|(_, expression)| *expression).collect();
            let (value, tokens) = match (kind, &all[..]) {
                (_, []) => (self.default(kind, default, &settings), None),
                (Kind::List { .. }, all) => (value::list(kind, all, what, symbols, report), Some(quote!(#(#all),*))),
                (_, [first, ..]) => (value::of_kind(kind, first, what, symbols, report), Some(first.to_token_stream())),
            };
            settings.list.push(Setting { name, value, tokens });
        };
        match self.row.positions {
            Positions::InOut { input, output, what } => {
                add(input, Kind::Size, Default::Infer, &format!("the number of input {what} of `{}`", self.name));
                add(output, Kind::Size, Default::Required, &format!("the number of output {what} of `{}`", self.name));
            }
            Positions::Features(field) => {
                add(field, Kind::Size, Default::Infer, &format!("the number of features of `{}`", self.name));
            }
            Positions::None | Positions::Option(_) | Positions::List(_) => {}
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
            Default::Word(word) => return Some(Value::Word(word)),
            Default::Infer if matches!(kind, Kind::List { .. }) => return Some(Value::List(Vec::new())),
            Default::Infer => layercake_ir::INFER,
            Default::Size(size) => size,
        };
        Some(if kind == Kind::Pair { Value::Pair([Num::Known(size), Num::Known(size)]) } else { Value::Size(Num::Known(size)) })
    }
}
