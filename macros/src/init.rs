//! `init = ..` of a layer: the initialization of its weights.

use layercake_ir::{Fan, Init, Nonlinearity};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, Lit, UnOp};

use crate::ast::{Arg, Layer};
use crate::layers::Row;
use crate::report::Report;
use crate::{spelling, text};

/// The option's name: every layer with weights has it, besides the options of its row.
pub const OPTION: &str = "init";

/// The rules and their syntax.
const RULES: [(&str, &str); 10] = [
    ("kaiming_normal", "kaiming_normal(relu)"),
    ("kaiming_uniform", "kaiming_uniform(relu)"),
    ("xavier_normal", "xavier_normal"),
    ("xavier_uniform", "xavier_uniform"),
    ("normal", "normal(0.01)"),
    ("uniform", "uniform(-0.1, 0.1)"),
    ("constant", "constant(0.5)"),
    ("zeros", "zeros"),
    ("ones", "ones"),
    ("orthogonal", "orthogonal"),
];

const ACTIVATIONS: [&str; 6] = ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"];

/// All words of rules and their arguments.
#[cfg(test)]
pub const WORDS: [&str; 18] = [
    "kaiming_normal",
    "kaiming_uniform",
    "xavier_normal",
    "xavier_uniform",
    "normal",
    "uniform",
    "constant",
    "zeros",
    "ones",
    "orthogonal",
    "linear",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "selu",
    "fan_in",
    "fan_out",
];

/// A rule and its tokens.
#[derive(Clone, Debug)]
pub struct Stated {
    pub init: Init,
    pub tokens: TokenStream,
}

/// The rule of a layer's `init`; None if there is none, or an invalid one, which is reported.
pub fn of(row: &Row, layer: &Layer, name: &str, report: &mut Report) -> Option<Stated> {
    let mut given = layer.args.iter().filter_map(|arg| match arg {
        Arg::Option { key, value } if key == OPTION => Some((key, value)),
        _ => None,
    });
    let (key, value) = given.next()?;
    if let Some((again, _)) = given.next() {
        report.add(again, format_args!("`{OPTION}` of `{name}` is given twice; keep one"));
        return None;
    }
    if row.module.is_none() {
        report.add(key, format_args!("`{name}` has no weights to initialize; leave out `{OPTION}`"));
        return None;
    }
    let init = rule(value, name, report)?;
    Some(Stated { init, tokens: value.to_token_stream() })
}

/// The rule as code, given a path that has `Init` and `Fan`.
pub fn code(prefix: &TokenStream, init: &Init) -> TokenStream {
    let number = |number: f64| {
        let literal = Literal::f64_unsuffixed(number.abs());
        if number.is_sign_negative() { quote!(-#literal) } else { quote!(#literal) }
    };
    let fan = |fan: Fan| match fan {
        Fan::In => quote!(#prefix Fan::In),
        Fan::Out => quote!(#prefix Fan::Out),
    };
    let (variant, fields) = match *init {
        Init::Constant { value } => ("Constant", vec![("value", number(value))]),
        Init::Normal { mean, std } => ("Normal", vec![("mean", number(mean)), ("std", number(std))]),
        Init::Uniform { low, high } => ("Uniform", vec![("low", number(low)), ("high", number(high))]),
        Init::XavierNormal { gain } => ("XavierNormal", vec![("gain", number(gain))]),
        Init::XavierUniform { gain } => ("XavierUniform", vec![("gain", number(gain))]),
        Init::KaimingNormal { fan: which, gain } => ("KaimingNormal", vec![("fan", fan(which)), ("gain", number(gain))]),
        Init::KaimingUniform { fan: which, gain } => ("KaimingUniform", vec![("fan", fan(which)), ("gain", number(gain))]),
        Init::Orthogonal { gain } => ("Orthogonal", vec![("gain", number(gain))]),
        // A test checks that this covers all rules.
        _ => return TokenStream::new(),
    };
    let variant = quote::format_ident!("{variant}");
    let fields = fields.into_iter().map(|(name, value)| {
        let name = quote::format_ident!("{name}");
        quote!(#name: #value)
    });
    quote!(#prefix Init::#variant { #(#fields),* })
}

fn peel(expression: &Expr) -> &Expr {
    match expression {
        Expr::Paren(inner) => peel(&inner.expr),
        Expr::Group(inner) => peel(&inner.expr),
        _ => expression,
    }
}

/// `word`, or `word(arguments)`.
fn rule(expression: &Expr, layer: &str, report: &mut Report) -> Option<Init> {
    let what = format!("`{OPTION}` of `{layer}`");
    let (word, args) = match peel(expression) {
        Expr::Path(path) => (path.path.get_ident().map(ToString::to_string), Vec::new()),
        Expr::Call(call) => match peel(&call.func) {
            Expr::Path(path) => (path.path.get_ident().map(ToString::to_string), call.args.iter().collect()),
            _ => (None, Vec::new()),
        },
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            let written = text.value();
            let help = nearest(&written).map_or_else(String::new, |near| format!("\nhelp: write `{near}`"));
            report.add(expression, format_args!("{what} must be a word without quotes, but is `{}`{help}", text::of(expression)));
            return None;
        }
        _ => (None, Vec::new()),
    };
    let known = word.as_deref().and_then(|word| RULES.iter().find(|(rule, _)| *rule == word));
    let Some(&(word, example)) = known else {
        let all: Vec<&str> = RULES.iter().map(|(rule, _)| *rule).collect();
        let help = match word.as_deref().and_then(nearest) {
            Some(near) => format!("write `{near}`"),
            None => format!("the rules are {}", all.join(", ")),
        };
        report.add(expression, format_args!("{what} must be an initialization rule, but is `{}`\nhelp: {help}", text::of(expression)));
        return None;
    };
    let mistakes = report.len();
    let mut args = Args { whole: expression, what: &what, example, list: args, report };
    let init = args.rule(word);
    args.done();
    init.filter(|_| report.len() == mistakes)
}

fn nearest(word: &str) -> Option<&'static str> {
    let lower = word.trim_end_matches('_').to_lowercase();
    Some(match lower.as_str() {
        "he" | "he_normal" | "kaiming" | "msra" => "kaiming_normal",
        "he_uniform" => "kaiming_uniform",
        "xavier" | "glorot" | "glorot_uniform" => "xavier_uniform",
        "glorot_normal" => "xavier_normal",
        "gaussian" | "small" | "random" | "randn" => "normal(0.01)",
        "zero" => "zeros",
        "one" => "ones",
        "const" => "constant(0.5)",
        "ortho" => "orthogonal",
        _ => spelling::nearest(&lower, &RULES.map(|(rule, _)| rule))?,
    })
}

/// The arguments of a rule, consumed one by one.
struct Args<'a> {
    whole: &'a Expr,
    what: &'a str,
    example: &'static str,
    list: Vec<&'a Expr>,
    report: &'a mut Report,
}

impl<'a> Args<'a> {
    fn rule(&mut self, word: &str) -> Option<Init> {
        Some(match word {
            "zeros" => Init::Constant { value: 0.0 },
            "ones" => Init::Constant { value: 1.0 },
            "constant" => Init::Constant { value: self.number("value")? },
            // PyTorch's order; the mean may be left out.
            "normal" => {
                let mean = if self.list.len() > 1 { self.number("mean")? } else { 0.0 };
                Init::Normal { mean, std: self.number("std")? }
            }
            "uniform" => Init::Uniform { low: self.number("low")?, high: self.number("high")? },
            "xavier_normal" => Init::XavierNormal { gain: self.gain(1.0)? },
            "xavier_uniform" => Init::XavierUniform { gain: self.gain(1.0)? },
            "orthogonal" => Init::Orthogonal { gain: self.gain(1.0)? },
            // PyTorch's default is the gain of a leaky ReLU of slope 0.
            "kaiming_normal" => Init::KaimingNormal { fan: self.fan()?, gain: self.gain(2f64.sqrt())? },
            _ => Init::KaimingUniform { fan: self.fan()?, gain: self.gain(2f64.sqrt())? },
        })
    }

    /// Consumes the argument of this name: the first positional one, or the one with this name.
    fn take(&mut self, name: &str) -> Option<&'a Expr> {
        let at = self.list.iter().position(|arg| named(arg).is_none_or(|(key, _)| key == name))?;
        let arg = self.list.remove(at);
        Some(named(arg).map_or(arg, |(_, value)| value))
    }

    fn number(&mut self, name: &str) -> Option<f64> {
        let Some(arg) = self.take(name) else {
            let (what, example) = (self.what, self.example);
            self.report.add(self.whole, format_args!("{what} needs its {name}\nhelp: for example `{example}`"));
            return None;
        };
        let number = literal(arg);
        if number.is_none() {
            let text = format!(
                "the {name} in {} must be a number such as `0.01`, but is `{}`\nhelp: `layercake::init::apply` initializes a network \
                 with values known at run time",
                self.what,
                text::of(arg)
            );
            self.report.add(arg, text);
        }
        number
    }

    /// A number, or an activation's gain: PyTorch's `calculate_gain`.
    fn gain(&mut self, default: f64) -> Option<f64> {
        let Some(arg) = self.take("gain") else { return Some(default) };
        if let Some(number) = literal(arg) {
            return Some(number);
        }
        let (word, slope) = match peel(arg) {
            Expr::Path(path) => (path.path.get_ident().map(ToString::to_string), None),
            Expr::Call(call) => match (peel(&call.func), call.args.len()) {
                (Expr::Path(path), 1) if path.path.is_ident("leaky_relu") => (Some("leaky_relu".to_owned()), literal(&call.args[0])),
                _ => (None, None),
            },
            _ => (None, None),
        };
        let activation = match (word.as_deref(), slope, matches!(peel(arg), Expr::Call(_))) {
            (Some("linear"), None, false) => Nonlinearity::Linear,
            (Some("sigmoid"), None, false) => Nonlinearity::Sigmoid,
            (Some("tanh"), None, false) => Nonlinearity::Tanh,
            (Some("relu"), None, false) => Nonlinearity::Relu,
            (Some("selu"), None, false) => Nonlinearity::Selu,
            (Some("leaky_relu"), None, false) => Nonlinearity::LeakyRelu(0.01),
            (Some("leaky_relu"), Some(slope), true) => Nonlinearity::LeakyRelu(slope),
            _ => {
                let near = word.as_deref().and_then(|word| spelling::nearest(&word.to_lowercase(), &ACTIVATIONS));
                let help = match near {
                    Some(near) => format!("write `{near}`"),
                    None => format!("write a number, or the activation after the layer: {}, leaky_relu(0.2)", ACTIVATIONS.join(", ")),
                };
                self.report.add(
                    arg,
                    format_args!("the gain in {} must be a number or an activation, but is `{}`\nhelp: {help}", self.what, text::of(arg)),
                );
                return None;
            }
        };
        Some(activation.gain())
    }

    /// `fan_in` or `fan_out`, at any position.
    fn fan(&mut self) -> Option<Fan> {
        let of = |arg: &Expr| match peel(named(arg).filter(|(key, _)| key == "mode").map_or(arg, |(_, value)| value)) {
            Expr::Path(path) => path.path.get_ident().and_then(|word| Fan::named(&word.to_string())),
            _ => None,
        };
        let Some(at) = self.list.iter().position(|arg| of(arg).is_some()) else { return Some(Fan::In) };
        of(self.list.remove(at))
    }

    /// Refuses the remaining arguments.
    fn done(self) {
        if let Some(arg) = self.list.first() {
            let text = format!("unexpected argument `{}` in {}\nhelp: for example `{}`", text::of(arg), self.what, self.example);
            self.report.add(arg, text);
        }
    }
}

/// `gain = 1.5`
fn named(arg: &Expr) -> Option<(String, &Expr)> {
    let Expr::Assign(assign) = arg else { return None };
    match peel(&assign.left) {
        Expr::Path(path) => Some((path.path.get_ident()?.to_string(), &assign.right)),
        _ => None,
    }
}

/// A literal number.
fn literal(expression: &Expr) -> Option<f64> {
    match peel(expression) {
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => literal(&unary.expr).map(|number| -number),
        Expr::Lit(ExprLit { lit: Lit::Float(lit), .. }) => lit.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Int(lit), .. }) => lit.base10_digits().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{mistakes, with_model};

    fn stated(rule: &str) -> Option<Init> {
        with_model(&format!("N: [7] -> [5] {{ fc: Linear(5, init = {rule}) }}"), |model, report| {
            assert_eq!(report.texts(), [""; 0], "{rule}");
            model.nodes[0].init.as_ref().map(|stated| stated.init)
        })
    }

    #[test]
    fn every_rule() {
        let root = 2f64.sqrt();
        let cases = [
            ("zeros", Init::Constant { value: 0.0 }),
            ("ones", Init::Constant { value: 1.0 }),
            ("constant(-0.5)", Init::Constant { value: -0.5 }),
            ("constant(value = 3)", Init::Constant { value: 3.0 }),
            ("normal(0.01)", Init::Normal { mean: 0.0, std: 0.01 }),
            ("normal(1, 0.02)", Init::Normal { mean: 1.0, std: 0.02 }),
            ("normal(std = 0.02, mean = 1)", Init::Normal { mean: 1.0, std: 0.02 }),
            ("uniform(-0.1, 0.2)", Init::Uniform { low: -0.1, high: 0.2 }),
            ("xavier_normal", Init::XavierNormal { gain: 1.0 }),
            ("xavier_uniform(tanh)", Init::XavierUniform { gain: 5.0 / 3.0 }),
            ("xavier_uniform(gain = 0.3)", Init::XavierUniform { gain: 0.3 }),
            ("kaiming_normal", Init::KaimingNormal { fan: Fan::In, gain: root }),
            ("kaiming_normal(relu)", Init::KaimingNormal { fan: Fan::In, gain: root }),
            ("kaiming_normal(fan_out)", Init::KaimingNormal { fan: Fan::Out, gain: root }),
            ("kaiming_uniform(linear, fan_out)", Init::KaimingUniform { fan: Fan::Out, gain: 1.0 }),
            ("kaiming_uniform(leaky_relu(3), mode = fan_in)", Init::KaimingUniform { fan: Fan::In, gain: 0.2f64.sqrt() }),
            ("orthogonal", Init::Orthogonal { gain: 1.0 }),
            ("orthogonal(selu)", Init::Orthogonal { gain: 0.75 }),
        ];
        for (rule, init) in cases {
            assert_eq!(stated(rule), Some(init), "{rule}");
        }
        for (rule, example) in RULES {
            let init = stated(example).unwrap();
            assert!(init.word() == rule || matches!(rule, "zeros" | "ones"), "{rule}: {init:?}");
            assert!(!code(&TokenStream::new(), &init).is_empty(), "{rule}");
        }
        assert_eq!(stated("kaiming_normal").unwrap().word(), "kaiming_normal");
    }

    #[test]
    fn of_what_is_applied_again_the_first_counts() {
        with_model("N: [5] -> [5] { fc: Linear(5, init = zeros), reuse fc, PReLU }", |model, report| {
            assert_eq!(report.texts(), [""; 0]);
            assert_eq!([0, 1, 2].map(|node| model.nodes[node].init.is_some()), [true, false, false]);
        });
    }

    #[test]
    fn through_a_template() {
        let block = "block layer(size, spread) { fc: Linear(size, init = normal(spread)) } N: [5] -> [3] { layer(3, 0.02) }";
        assert_eq!(mistakes(block), [""; 0]);
    }
}
