//! Positional arguments: sizes, and arguments in another library's order.

use syn::{Expr, ExprLit, Lit};

use super::{Given, habit};
use crate::ast::Arg;
use crate::layers::{self, Default, Kind, Positions};
use crate::report::Report;

impl<'a> Given<'a> {
    /// Reads the positional arguments.
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
        let behind = self.out_of_order();
        if behind > 0 && behind < positions.len() {
            // The option is ambiguous.
            (self.illegible, self.unsound) = (true, true);
        }
        let positions = &positions[..if behind < positions.len() { positions.len() - behind } else { behind }];
        let Some((&(input, size), rest)) = positions.split_first() else { return };
        if let (None, Positions::List(field)) = (input, self.row.positions()) {
            // `LayerNorm(64, 1e-5)`
            let number = |size: &Expr| matches!(size, Expr::Lit(ExprLit { lit: Lit::Float(_), .. }));
            if let [(_, sizes), (_, eps)] = *positions
                && number(eps)
                && self.row.option("eps").is_some()
            {
                self.list.extend([(field, sizes.clone()), ("eps", eps.clone())]);
                self.slip(eps, format!("`{}` takes its other options by name", self.row.kind));
                return;
            }
            let sizes = positions.iter().filter(|(input, _)| input.is_none()).map(|(_, size)| (field, (*size).clone()));
            self.list.extend(sizes);
            return;
        }
        if let (Some(arrow), false) = (input, matches!(self.row.positions(), Positions::InOut { .. })) {
            if let Positions::Option(field) | Positions::Features(field) = self.row.positions() {
                self.list.push((field, size.clone()));
            }
            // The intended axes are ambiguous.
            self.illegible |= matches!(self.row.positions(), Positions::List(_));
            self.slip(arrow, format!("`{}` takes no `in -> out`", self.row.kind));
            return;
        }
        let one = self.row.positions() != Positions::None;
        let mut extra: Vec<&'a Expr> = if one { rest.iter().map(|(_, size)| *size).collect() } else { vec![size] };
        if !one {
            extra.extend(rest.iter().map(|(_, size)| *size));
        }
        extra.retain(|extra| {
            // `Conv2d(6, bias)`
            let word = if let Expr::Path(path) = extra { path.path.get_ident() } else { None };
            let option = word.and_then(|word| self.row.option(&word.to_string()));
            if let Some(option) = option {
                let help = if option.kind == Kind::Bool { format!("\nhelp: write `{} = true`", option.name) } else { String::new() };
                report.add(extra, format_args!("`{}` needs a value{help}", option.name));
                self.illegible |= option.default == Default::Required;
            }
            option.is_none()
        });
        let order = layers::order(self.row);
        // PyTorch's order of arguments, or that of the options.
        let (fields, values): (Vec<&'static str>, Vec<&'a Expr>) = match self.row.positions() {
            Positions::InOut { input: field_in, output, .. } => {
                // PyTorch's `Linear(400, 120)` and `Conv2d(3, 64, 3)` state both sizes; `Conv2d(64, 3)` follows this language.
                let required = self.row.options().filter(|option| option.default == Default::Required && !self.names(option.name));
                let both = input.is_none()
                    && !extra.first().is_some_and(|second| habit::is_bool(second))
                    && (extra.len() > required.count() || self.names(output))
                    && !self.names(field_in);
                self.list.extend(input.map(|input| (field_in, input.clone())));
                let mut fields = if both { vec![field_in, output] } else { vec![output] };
                match order {
                    Some(order) => fields.extend(&order[2..]),
                    None => fields.extend(self.row.options().map(|option| option.name)),
                }
                (fields, [size].into_iter().chain(extra.iter().copied()).collect())
            }
            Positions::Features(first) | Positions::Option(first) | Positions::List(first) => {
                let fields = match order {
                    Some(order) if extra.iter().any(|value| !habit::is_bool(value)) => order,
                    _ => {
                        let others = self.row.options().map(|option| option.name).filter(|name| *name != first);
                        [first].into_iter().chain(others).collect()
                    }
                };
                (fields, [size].into_iter().chain(extra.iter().copied()).collect())
            }
            Positions::None => {
                let fields = order.unwrap_or_else(|| self.row.options().map(|option| option.name).collect());
                (fields, extra.clone())
            }
        };
        let mut fields: Vec<&'static str> = fields.into_iter().filter(|field| !self.names(field)).collect();
        let beyond = values.len() > fields.len();
        let switch = |field: &str| field == "-" || self.row.option(field).is_some_and(|option| option.kind == Kind::Bool);
        let mut given = Vec::new();
        for (i, value) in values.into_iter().enumerate() {
            // A boolean is the value of the next boolean option, but not in the place of a size.
            let size = i == 0 && self.row.positions() != Positions::None;
            let at = if habit::is_bool(value) && !size { fields.iter().position(|field| switch(field)).unwrap_or(0) } else { 0 };
            if at < fields.len() {
                given.push((fields.remove(at), value.clone()));
            }
        }
        let given = given.into_iter().filter(|(field, _)| *field != "-");
        // A positional axis is counted as in PyTorch, with the batch, unless that is how the layer is written here.
        let own = self.row.positions() == Positions::Option("axis");
        let given: Vec<(&'static str, Expr)> = given
            .filter_map(|(field, value)| match field {
                "axis" if own => Some((field, value)),
                "axis" if self.keeps_dim(&value) => Some((field, value)),
                "axis" => habit::axes(&value, self.rank).or_else(|| habit::keeps(&value).then_some(value)).map(|axis| (field, axis)),
                _ => Some((field, value)),
            })
            .collect();
        self.list.extend(given);
        // `Linear(784, 10)` and `Softmax(-1)` mean the same as in PyTorch.
        let both =
            matches!(self.row.positions(), Positions::InOut { input: field, .. } if input.is_none() && self.has(field)) && extra.len() == 1;
        let dim_first = self.row.torch.first().is_some_and(|first| first.starts_with("dim:"));
        let from_the_end = matches!(extra[..], [axis] if dim_first && habit::is_from_the_end(axis));
        let by_place = positions.len() <= self.row.by_place;
        if let (Some(first), false) = (extra.first(), by_place || (both && !beyond) || (from_the_end && self.has("axis"))) {
            self.extra(first, beyond, report);
        }
    }

    /// Whether an option is given by name.
    fn names(&self, option: &str) -> bool {
        self.layer.args.iter().any(|arg| matches!(arg, Arg::Option { key, .. } if self.means(key) == Some(option)))
    }

    /// Reports positional arguments after named ones, and returns their number.
    fn out_of_order(&mut self) -> usize {
        let mut options = false;
        let mut behind = 0;
        for arg in &self.layer.args {
            match arg {
                Arg::Option { .. } => options = true,
                // An option without its value.
                Arg::Position { size: Expr::Path(path), .. }
                    if path.path.get_ident().is_some_and(|word| self.row.option(&word.to_string()).is_some()) => {}
                Arg::Position { size, .. } if options => {
                    if behind == 0 {
                        self.slip(size, "arguments without a name come first".to_owned());
                    }
                    behind += 1;
                }
                Arg::Position { .. } => {}
            }
        }
        behind
    }

    /// Reports too many positional arguments, `first` being one of them.
    fn extra(&mut self, first: &Expr, beyond: bool, report: &mut Report) {
        let row = self.row;
        if beyond {
            let takes = match row.positions() {
                Positions::None if row.has_no_options() => "takes no arguments",
                Positions::None => "takes no argument without a name",
                Positions::InOut { .. } => "takes one size without a name, or `in -> out`",
                Positions::Features(_) | Positions::Option(_) | Positions::List(_) => "takes one argument without a name",
            };
            let help = if row.positions() == Positions::None && row.has_no_options() { "write" } else { "for example" };
            report.add(first, format_args!("`{}` {takes}\nhelp: {help} `{}`", row.kind, row.example));
            self.illegible = true;
            return;
        }
        let takes = match row.positions() {
            Positions::None if row.has_no_options() => "takes no arguments",
            Positions::None => "takes its argument by name",
            Positions::InOut { .. } => "takes its options by name",
            Positions::Features(_) | Positions::Option(_) | Positions::List(_) => "takes its other options by name",
        };
        self.slip(first, format!("`{}` {takes}", row.kind));
    }
}
