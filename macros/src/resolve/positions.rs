//! Arguments without a name: the sizes, and what was written as one by habit.

use syn::Expr;

use super::Given;
use crate::ast::Arg;
use crate::layers::{Default, Kind, Positions};
use crate::report::Report;
use crate::text;

impl<'a> Given<'a> {
    /// The arguments without a name.
    pub(super) fn positions(&mut self, report: &mut Report) {
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
        if let (None, Positions::List(field)) = (input, self.row.positions) {
            let sizes = rest.iter().filter(|(input, _)| input.is_none()).map(|(_, size)| (field, *size));
            self.list.extend([(field, size)].into_iter().chain(sizes));
            return;
        }
        if let (Some(arrow), false) = (input, matches!(self.row.positions, Positions::InOut { .. })) {
            let instead = if one { format!("write `{}`", self.row.example) } else { "it takes what comes".to_owned() };
            report.add(arrow, format_args!("`{}` does not change sizes and takes no `in -> out`\nhelp: {instead}", self.row.kind));
            // Which of the axes of a list were meant, nobody can say.
            self.illegible |= matches!(self.row.positions, Positions::List(_));
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
                report.add(extra, format_args!("`{}` needs a value\nhelp: write `{0} = {value}`", option.name));
            }
            option.is_none()
        });
        let mut taken: &[&'a Expr] = &extra;
        match self.row.positions {
            Positions::None => {}
            Positions::Features(field) | Positions::Option(field) | Positions::List(field) => self.list.push((field, size)),
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
                    report.add(size, format_args!("arguments without a name come first\nhelp: {help}"));
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
                Positions::Features(_) | Positions::Option(_) | Positions::List(_) => "takes one argument without a name",
            };
            report.add(first, format_args!("`{}` {takes}\nhelp: write `{}`", row.kind, row.example));
            self.illegible = true;
            return;
        }
        self.list.extend(free.iter().copied().zip(others.iter().copied()));
        let written = self.written(&free[..others.len()]);
        let takes = match row.positions {
            Positions::None => "takes its argument by name",
            Positions::InOut { .. } if others.is_empty() => "takes both sizes as `in -> out`",
            Positions::InOut { .. } => "takes its options by name",
            Positions::Features(_) | Positions::Option(_) | Positions::List(_) => "takes its other options by name",
        };
        report.add(first, format_args!("`{}` {takes}\nhelp: write `{written}`", row.kind));
    }

    /// The layer as it should have been written, where some arguments lack their names.
    pub(super) fn written(&self, nameless: &[&str]) -> String {
        let mut args = Vec::new();
        let expression = |field: &str| self.list.iter().find(|(name, _)| *name == field).map(|(_, value)| text::of(value));
        match self.row.positions {
            Positions::InOut { input, output, .. } => {
                let size = expression(output).unwrap_or_default();
                args.push(expression(input).map_or_else(|| size.clone(), |input| format!("{input} -> {size}")));
            }
            Positions::Features(field) | Positions::Option(field) => args.extend(expression(field)),
            Positions::List(field) => args.extend(self.list.iter().filter(|(name, _)| *name == field).map(|(_, value)| text::of(value))),
            Positions::None => {}
        }
        args.extend(nameless.iter().filter_map(|name| Some(format!("{name} = {}", expression(name)?))));
        args.extend(self.layer.args.iter().filter_map(|arg| match arg {
            Arg::Option { key, value } => Some(format!("{key} = {}", text::of(value))),
            Arg::Position { .. } => None,
        }));
        format!("{}({})", self.row.kind, args.join(", "))
    }
}
