//! From a layer as written to its row and the values of its arguments.

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

/// Resolves a layer without a row of its name. A misspelled name with one candidate is reported and replaced by it, with arguments
/// corrected. `others` are the names of templates and networks, which are candidates too.
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
        format_args!("{unknown}\nhelp: the layers are {all}; networks of other modules and custom layers are written with their path, such as `self::`"),
    );
    None
}

/// A layer of another library in this language: the text, which may include an activation after the layer, and the
/// layer.
pub fn corrected(row: &'static Row, layer: &Layer) -> (String, Layer) {
    let layer = Layer { kind: Ident::new(row.kind, layer.kind.span()), ..layer.clone() };
    // The arguments of a join are tags, that of an unpooling layer is a pool's name.
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
    given.rewrites = true;
    let mut scratch = Report::default();
    given.positions(&mut scratch);
    given.options(&mut scratch);
    given.normalize();
    // Missing arguments are not reported again.
    let lacks = given.lacks();
    let text = if lacks { given.example() } else { given.written() };
    let args = given.args();
    drop(given);
    (text, Layer { args, illegible_args: layer.illegible_args || lacks, ..layer })
}

pub use habit::are_from_the_end;

/// Whether PyTorch's axis is the batch.
pub fn is_batch(axis: &Expr) -> bool {
    habit::is_batch(axis, None)
}

/// PyTorch's axes as they are written there: `-1`, `(1, -1)`.
pub fn torch_axes(axes: &[&Expr]) -> String {
    match axes {
        [axis] => habit::torch_axes(axis),
        _ => format!("({})", axes.iter().map(|axis| habit::torch_axes(axis)).collect::<Vec<_>>().join(", ")),
    }
}

/// Converts PyTorch's axis, which includes the batch.
pub fn axes(axis: &Expr) -> Option<Expr> {
    habit::axes(axis, None)
}

/// The values of a layer's arguments, in the order of its operation's fields. `name` is the layer's name, `rank` the rank of its input.
pub fn settings(row: &'static Row, layer: &Layer, name: &str, rank: Option<usize>, symbols: &mut Symbols, report: &mut Report) -> Settings {
    let mut given = Given::new(row, layer, name, rank);
    given.positions(report);
    given.options(report);
    given.tell(report);
    given.missing(report);
    given.values(symbols, report)
}

/// The given arguments: field and value.
struct Given<'a> {
    row: &'static Row,
    layer: &'a Layer,
    name: &'a str,
    /// The rank of the layer's input, if known.
    rank: Option<usize>,
    list: Vec<(&'static str, Expr)>,
    /// Steps to add after the layer: an activation that was an option.
    behind: Vec<&'static str>,
    /// Arguments in another library's notation, reported in one message.
    slips: Vec<Slip>,
    /// Some arguments are ambiguous, so missing ones are not reported.
    illegible: bool,
    /// An argument is invalid, so the layer's output is unknown.
    unsound: bool,
    /// The layer is only written anew, wherever it stands: PyTorch's negative axes stay as they are.
    rewrites: bool,
}

/// An argument in another library's notation.
struct Slip {
    tokens: TokenStream,
    text: String,
    /// The correction of the tokens; None if the whole layer is rewritten.
    instead: Option<String>,
}

impl<'a> Given<'a> {
    fn new(row: &'static Row, layer: &'a Layer, name: &'a str, rank: Option<usize>) -> Self {
        let illegible = layer.illegible_args;
        Self { row, layer, name, rank, list: Vec::new(), behind: Vec::new(), slips: Vec::new(), illegible, unsound: false, rewrites: false }
    }

    /// The field of an option's name, including other libraries' names.
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

    /// Records an argument in another library's notation; the layer is rewritten.
    fn slip(&mut self, tokens: impl ToTokens, text: String) {
        self.slips.push(Slip { tokens: tokens.into_token_stream(), text, instead: None });
    }

    /// Reports such arguments in one message with the correction.
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
        // An invalid argument would be missing in it.
        let help = if self.illegible { String::new() } else { format!("\nhelp: write `{help}`") };
        report.add(&slips[0].tokens, format_args!("{}{help}", slips[0].text));
    }

    /// Reports missing arguments in one message.
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

    /// An example of the layer with its missing arguments.
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

    /// Whether a required argument is missing.
    fn lacks(&self) -> bool {
        let output = matches!(self.row.positions(), Positions::InOut { output, .. } if !self.has(output));
        output || self.row.options().any(|option| option.default == Default::Required && !self.has(option.name))
    }

    /// A value for each field of the operation.
    fn values(&self, symbols: &mut Symbols, report: &mut Report) -> Settings {
        let mut settings = Settings::default();
        let mut add = |name: &'static str, kind: Kind, default: Default, what: &str| {
            let given: Vec<&Expr> = self.list.iter().filter(|(field, _)| *field == name).map(|(_, expression)| expression).collect();
            let counted: Vec<Expr> = given.iter().map(|value| self.counted(name, value)).collect();
            let all: Vec<&Expr> = counted.iter().collect();
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
                (Kind::List { .. }, all) => (value::list(kind, all, what, symbols, report), Some(quote!(#(#given),*))),
                (_, [first, ..]) => (value::of_kind(kind, first, what, symbols, report), Some(given[0].to_token_stream())),
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
