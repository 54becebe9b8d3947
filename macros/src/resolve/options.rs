//! Named arguments, and their names in other libraries.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::Expr;

use super::{Given, Slip, habit};
use crate::ast::Arg;
use crate::layers::{self, Meant, Positions};
use crate::report::Report;
use crate::text;

impl Given<'_> {
    /// The field and value of an argument with PyTorch's name; None without counterpart. An axis is counted as in PyTorch,
    /// with the batch.
    fn by_torch(&self, word: &str, value: &Expr) -> Option<(&'static str, Expr)> {
        let field = layers::torch_field(self.row, word)?;
        match word {
            "dim" if self.keeps_dim(value) => Some((field, value.clone())),
            "dim" => Some((field, habit::axes(value, self.rank)?)),
            _ => Some((field, value.clone())),
        }
    }

    /// Reads the named arguments.
    pub(super) fn options(&mut self, report: &mut Report) {
        for arg in &self.layer.args {
            let Arg::Option { key, value } = arg else { continue };
            // Not a field of the operation: [`crate::init`] reads it.
            if key == crate::init::OPTION || layers::named_inputs(self.row).iter().any(|name| key == name) {
                continue;
            }
            let Some((field, value)) = self.field(key, value, report) else { continue };
            if self.has(field) {
                report.add(key, format_args!("`{field}` of `{}` is given twice; keep one", self.name));
            } else {
                self.list.push((field, value));
            }
        }
    }

    /// The field and value of an option. A wrong name is reported and replaced by the intended one.
    fn field(&mut self, key: &Ident, value: &Expr, report: &mut Report) -> Option<(&'static str, Expr)> {
        let (row, word) = (self.row, key.to_string());
        if let Some(option) = row.option(&word) {
            return Some((option.name, value.clone()));
        }
        if let Some(answer) = self.by_torch(&word, value) {
            return Some(answer);
        }
        if word == "dim" && layers::torch_field(row, &word).is_some() && habit::is_batch(value, self.rank) {
            let text = format!(
                "`dim = {}` of `{}` is the batch axis, which layers leave as it is; the next axis is `dim = 1`",
                text::of(value),
                self.name
            );
            report.add(value, text);
            (self.illegible, self.unsound) = (true, true);
            return None;
        }
        let unknown = format!("`{}` has no option `{word}`", row.kind);
        if row.module.is_some()
            && matches!(word.as_str(), "initializer" | "weight_init" | "kernel_initializer" | "initialization" | "inits")
        {
            report.add(key, format_args!("{unknown}\nhelp: write `{}`", crate::init::OPTION));
            return None;
        }
        if row.kind == "Linear" && matches!(word.as_str(), "dropconnect" | "drop" | "dropout" | "weight_dropout" | "weight_drop") {
            report.add(key, format_args!("{unknown}; the layer `Dropout` drops values\nhelp: write `drop_connect` to drop weights"));
            return None;
        }
        let options: Vec<&'static str> = row.options().map(|option| option.name).collect();
        match (layers::meant(row, &word), row.positions()) {
            (Some(Meant::Option(name)), _) => {
                // PyTorch's axes include the batch.
                if word.starts_with("dim") {
                    let Some(axis) = habit::axes(value, self.rank) else {
                        self.slip(key, format!("{unknown}; axes are counted without the batch"));
                        return habit::keeps(value).then(|| (name, value.clone()));
                    };
                    let instead = format!("{name} = {}", text::of(&axis));
                    let text = format!("{unknown}; axes are counted without the batch");
                    self.slips.push(Slip { tokens: key.to_token_stream(), text, instead: Some(instead) });
                    return Some((name, axis));
                }
                self.slips.push(Slip { tokens: key.to_token_stream(), text: unknown, instead: Some(name.to_owned()) });
                return Some((name, value.clone()));
            }
            (Some(Meant::In), Positions::InOut { input, what, .. }) => {
                self.slip(key, format!("{unknown}; the input {what} come first, before an arrow"));
                return Some((input, value.clone()));
            }
            (Some(Meant::Size), Positions::InOut { output, what, .. }) => {
                self.slip(key, format!("{unknown}; the output {what} come first, without a name"));
                return Some((output, value.clone()));
            }
            (Some(Meant::Size), Positions::Features(field)) => {
                self.slip(key, format!("{unknown}; the number comes first, without a name"));
                return Some((field, value.clone()));
            }
            _ => {}
        }
        if word == "activation" && row.module.is_some() {
            self.slip(key, format!("{unknown}; an activation is a separate step"));
            self.behind.extend(habit::activation(value));
            return None;
        }
        match layers::unsupported_option(&word) {
            Some((reason, true)) => {
                self.slip(key, format!("{unknown}: {reason}"));
                return None;
            }
            Some((reason, false)) => {
                report.add(key, format_args!("{unknown}: {reason}"));
                return None;
            }
            None => {}
        }
        if let Some(name) = crate::spelling::nearest(&word, &options) {
            report.add(key, format_args!("{unknown}\nhelp: write `{name}`"));
            return Some((name, value.clone()));
        }
        // It may be meant as a missing argument that affects the shape.
        self.illegible = true;
        self.unsound = true;
        let help = match options[..] {
            [] => "it takes none".to_owned(),
            _ => format!("its options are {}", options.join(", ")),
        };
        report.add(key, format_args!("{unknown}\nhelp: {help}"));
        None
    }
}
