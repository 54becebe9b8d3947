//! From a layer as written to a row of the table and a value for each of its arguments.

mod habit;
mod options;
mod positions;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::Expr;

use crate::ast::{Arg, Layer};
use crate::layers::{self, Default, Foreign, Kind, Meant, Positions, Row};
use crate::report::Report;
use crate::settings::{Num, Setting, Settings, Symbols, Value};
use crate::{text, value};

/// What a layer is that has no row of its name. A misspelt kind that can only mean one layer is reported and taken for that, with arguments
/// as they should have been written. `others` are the names of templates and networks that can be meant as well.
pub fn row(layer: &Layer, others: &[String], report: &mut Report) -> Option<(&'static Row, Layer)> {
    let kind = &layer.kind;
    let word = kind.to_string();
    let unknown = format!("there is no layer `{word}`");
    let foreign = match layers::foreign(&word) {
        Some(Foreign::Layer(kind)) => layers::find(kind),
        Some(Foreign::Hint(hint)) => {
            report.add(kind, format_args!("{unknown}\nhelp: {hint}"));
            return None;
        }
        Some(Foreign::Absent(reason)) => {
            report.add(kind, format_args!("{unknown}: {reason}"));
            return None;
        }
        None => layers::in_other_letters(&word),
    };
    if let Some(row) = foreign {
        let (text, layer) = corrected(row, layer);
        report.add(kind, format_args!("{unknown}\nhelp: write `{text}`"));
        return Some((row, layer));
    }
    if let Some(row) = layers::nearest(&word) {
        report.add(kind, format_args!("{unknown}\nhelp: write `{}`", row.kind));
        return Some((row, Layer { kind: Ident::new(row.kind, kind.span()), ..layer.clone() }));
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
        format_args!("{unknown}\nhelp: the layers are {all}; a network declared elsewhere and a layer of your own are written with their path, `self::` in front"),
    );
    None
}

/// A layer as another library writes it, written as this language does: the text, which may hold an activation behind the layer, and the
/// layer.
pub fn corrected(row: &'static Row, layer: &Layer) -> (String, Layer) {
    let layer = Layer { kind: Ident::new(row.kind, layer.kind.span()), ..layer.clone() };
    // A join's arguments are tags, a pool's name is what fills its places.
    if layers::is_join(row) || layers::is_unpool(row) {
        let args: Vec<String> = layer
            .args
            .iter()
            .map(|arg| match arg {
                Arg::Position { size, .. } => text::of(size),
                Arg::Option { key, value } => format!("{key} = {}", text::of(value)),
            })
            .collect();
        let text = if args.is_empty() { row.kind.to_owned() } else { format!("{}({})", row.kind, args.join(", ")) };
        return (text, layer);
    }
    let mut given = Given::new(row, &layer, row.kind, None);
    let mut scratch = Report::default();
    given.positions(&mut scratch);
    given.options(&mut scratch);
    given.normalize();
    // Of what it lacks nothing more is said.
    let lacks = given.lacks();
    let text = if lacks { given.example() } else { given.written() };
    let args = given.args();
    drop(given);
    (text, Layer { args, illegible_args: layer.illegible_args || lacks, ..layer })
}

/// An axis as PyTorch counts it, which counts the batch, as it is counted here.
pub fn axes(axis: &Expr) -> Option<Expr> {
    habit::axes(axis, None)
}

/// The values of a layer's arguments, in the order of its operation's fields. `name` is the layer's, `rank` how many axes it receives.
pub fn settings(row: &'static Row, layer: &Layer, name: &str, rank: Option<usize>, symbols: &mut Symbols, report: &mut Report) -> Settings {
    let mut given = Given::new(row, layer, name, rank);
    given.positions(report);
    given.options(report);
    given.tell(report);
    given.missing(report);
    given.values(symbols, report)
}

/// The arguments that were given: for which field, and the value.
struct Given<'a> {
    row: &'static Row,
    layer: &'a Layer,
    name: &'a str,
    /// How many axes the layer receives, where that is known.
    rank: Option<usize>,
    list: Vec<(&'static str, Expr)>,
    /// Steps to be written behind the layer: an activation that was an option.
    behind: Vec<&'static str>,
    /// What was written as another library does: one message for all of it.
    slips: Vec<Slip>,
    /// Some could not be told apart, so that nothing can be said to be missing.
    illegible: bool,
    /// An argument was not understood, so that nothing is known of what the layer gives.
    unsound: bool,
}

/// An argument that was written as another library does.
struct Slip {
    tokens: TokenStream,
    text: String,
    /// What to write for the tokens; None where the whole layer is written anew.
    instead: Option<String>,
}

impl<'a> Given<'a> {
    fn new(row: &'static Row, layer: &'a Layer, name: &'a str, rank: Option<usize>) -> Self {
        let illegible = layer.illegible_args;
        Self { row, layer, name, rank, list: Vec::new(), behind: Vec::new(), slips: Vec::new(), illegible, unsound: false }
    }

    /// The field that an option's name stands for, be it another library's.
    fn means(&self, key: &Ident) -> Option<&'static str> {
        let word = key.to_string();
        if let Some(option) = self.row.option(&word) {
            return Some(option.name);
        }
        if let Some(field) = layers::torch_field(self.row, &word) {
            return Some(field);
        }
        match (layers::meant(self.row, &word)?, self.row.positions()) {
            (Meant::Option(name), _) => Some(name),
            (Meant::In, Positions::InOut { input, .. }) => Some(input),
            (Meant::Size, Positions::InOut { output: field, .. } | Positions::Features(field)) => Some(field),
            _ => None,
        }
    }

    fn has(&self, field: &str) -> bool {
        self.list.iter().any(|(name, _)| *name == field)
    }

    fn get(&self, field: &str) -> Option<&Expr> {
        self.list.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
    }

    /// Notes an argument that was written as another library does; the layer is to be written anew.
    fn slip(&mut self, tokens: impl ToTokens, text: String) {
        self.slips.push(Slip { tokens: tokens.into_token_stream(), text, instead: None });
    }

    /// Reports such arguments: one message, with what to write.
    fn tell(&mut self, report: &mut Report) {
        let slips = std::mem::take(&mut self.slips);
        let help = match &slips[..] {
            [] => return,
            [Slip { instead: Some(instead), .. }] if !self.is_foreign() => instead.clone(),
            _ => {
                self.normalize();
                self.written()
            }
        };
        // What could not be read would be missing in it.
        let help = if self.illegible { String::new() } else { format!("\nhelp: write `{help}`") };
        report.add(&slips[0].tokens, format_args!("{}{help}", slips[0].text));
    }

    /// What must be given and is not, in one message.
    fn missing(&self, report: &mut Report) {
        if self.illegible {
            return;
        }
        let mut missing = Vec::new();
        if let Positions::InOut { output, what, .. } = self.row.positions()
            && !self.has(output)
        {
            missing.push(format!("its output {what}"));
        }
        for option in self.row.options().filter(|option| option.default == Default::Required && !self.has(option.name)) {
            missing.push(if option.name == "kernel" { "a kernel".to_owned() } else { format!("its {}", option.name) });
        }
        if missing.is_empty() {
            return;
        }
        let (needs, example) = (missing.join(" and "), self.example());
        report.add(&self.layer.kind, format_args!("`{}` needs {needs}\nhelp: for example `{example}`", self.name));
    }

    /// What the layer might look like with what it lacks.
    fn example(&self) -> String {
        let required = self.row.options().filter(|option| option.default == Default::Required && !self.has(option.name));
        match self.row.positions() {
            // Only options are missing.
            Positions::InOut { output, .. } if self.has(output) => {
                let written = self.written();
                let shown: String =
                    required.map(|option| format!(", {} = {}", option.name, layers::shown(self.row, option.name))).collect();
                format!("{}{shown})", written.strip_suffix(')').unwrap_or(&written))
            }
            _ => self.row.example.to_owned(),
        }
    }

    /// Does it lack something that must be given?
    fn lacks(&self) -> bool {
        let output = matches!(self.row.positions(), Positions::InOut { output, .. } if !self.has(output));
        output || self.row.options().any(|option| option.default == Default::Required && !self.has(option.name))
    }

    /// A value for each field of the operation.
    fn values(&self, symbols: &mut Symbols, report: &mut Report) -> Settings {
        let mut settings = Settings::default();
        let mut add = |name: &'static str, kind: Kind, default: Default, what: &str| {
            let all: Vec<&Expr> = self.list.iter().filter(|(field, _)| *field == name).map(|(_, expression)| expression).collect();
            if let [value] = all[..]
                && let Some(text) = self.instead(name, kind, value)
            {
                report.add(value, format_args!("{what} {text}"));
                settings.list.push(Setting { name, value: None, tokens: Some(value.to_token_stream()) });
                return;
            }
            if let Some((item, text)) = self.negative(name, &all) {
                report.add(item, format_args!("{what} {text}"));
                settings.list.push(Setting { name, value: None, tokens: Some(quote!(#(#all),*)) });
                return;
            }
            let (value, tokens) = match (kind, &all[..]) {
                (_, []) => (self.default(kind, default, &settings), None),
                (Kind::List { .. }, all) => (value::list(kind, all, what, symbols, report), Some(quote!(#(#all),*))),
                (_, [first, ..]) => (value::of_kind(kind, first, what, symbols, report), Some(first.to_token_stream())),
            };
            settings.list.push(Setting { name, value, tokens });
        };
        match self.row.positions() {
            Positions::InOut { input, output, what } => {
                add(input, Kind::Size, Default::Infer, &format!("the number of input {what} of `{}`", self.name));
                add(output, Kind::Size, Default::Required, &format!("the number of output {what} of `{}`", self.name));
            }
            Positions::Features(field) => {
                add(field, Kind::Size, Default::Infer, &format!("the number of features of `{}`", self.name));
            }
            Positions::None | Positions::Option(_) | Positions::List(_) => {}
        }
        for option in self.row.options() {
            add(option.name, option.kind, option.default, &format!("`{}` of `{}`", option.name, self.name));
        }
        if self.unsound {
            settings.list.push(Setting { name: "", value: None, tokens: None });
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
