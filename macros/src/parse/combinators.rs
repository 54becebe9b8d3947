//! Steps that contain other steps.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Token};

use super::args::expression;
use super::{found, group, inside, layer, next, skip_to_comma, steps, token};
use crate::ast::{Action, Arg, Branch, Layer};
use crate::report::Report;

/// ```text
/// combinator = ('Add' | 'Sub' | 'Mul' | 'Maximum' | 'Concat' | 'Reparameterize') (args | args? '{' branch (',' branch)* ','? '}')
///            | 'Residual' ('(' option (',' option)* ','? ')')? branch
///            | 'Repeat' '(' expression ')' branch
///            | 'Sequential' branch
/// option     = 'shortcut' '=' branch | 'drop' '=' expression
/// branch     = '{' steps '}'
/// ```
pub fn combinator(input: ParseStream, kind: &Ident, report: &mut Report) -> Option<Action> {
    match kind.to_string().as_str() {
        "Residual" => residual(input, kind, report),
        "Repeat" => repeat(input, kind, report),
        "Sequential" => sequential(input, kind, report),
        _ => join(input, kind, report),
    }
}

fn join(input: ParseStream, kind: &Ident, report: &mut Report) -> Option<Action> {
    // `layer` would parse the braces as arguments.
    if !input.peek2(syn::token::Brace) {
        let layer = layer::layer(input, kind, report)?;
        return Some(match group(input, Delimiter::Brace) {
            Some(body) => joined(layer, &body, report),
            None => Action::Layer(layer),
        });
    }
    token(input);
    let body = group(input, Delimiter::Brace)?;
    let layer = Layer { kind: kind.clone(), args: Vec::new(), illegible_args: false, tokens: kind.to_token_stream() };
    Some(joined(layer, &body, report))
}

fn joined(mut layer: Layer, body: &Group, report: &mut Report) -> Action {
    let mistakes = report.len();
    let branches = branches(body, &layer.kind, report);
    layer.illegible_args |= report.len() > mistakes;
    Action::Branches { layer, branches }
}

fn branches(body: &Group, kind: &Ident, report: &mut Report) -> Vec<Branch> {
    let mut branches = Vec::new();
    let mut steps_seen = false;
    inside(body.stream(), report, |input, report| {
        while !input.is_empty() {
            match group(input, Delimiter::Brace) {
                Some(steps) => branches.push(branch(&steps, report)),
                None => {
                    let other = next(input);
                    // Steps without braces: one message for all.
                    if !std::mem::replace(&mut steps_seen, true) {
                        let text = format!(
                            "each branch of `{kind}` goes in its own braces, but found {}\nhelp: an empty \
                             branch, `{{}}`, leaves the tensor unchanged",
                            found(other.as_ref())
                        );
                        report.add(&other, text);
                    }
                    while !input.is_empty() && !input.peek(Token![,]) {
                        token(input);
                    }
                }
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() && !steps_seen {
                let other = next(input);
                report.add(&other, format_args!("expected `,` between two branches of `{kind}`, but found {}", found(other.as_ref())));
                // Two adjacent branches: a comma is missing; `;` counts as one.
                if input.peek(Token![;]) {
                    token(input);
                } else if !matches!(&other, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace) {
                    while !input.is_empty() && input.parse::<Token![,]>().is_err() {
                        token(input);
                    }
                }
            }
        }
    });
    branches
}

fn branch(group: &Group, report: &mut Report) -> Branch {
    Branch { place: place(group), steps: steps::steps(group, report) }
}

/// The opening brace.
fn place(group: &Group) -> TokenStream {
    let mut place = Group::new(Delimiter::Brace, TokenStream::new());
    place.set_span(group.span_open());
    place.to_token_stream()
}

fn residual(input: ParseStream, kind: &Ident, report: &mut Report) -> Option<Action> {
    token(input);
    let mut options = Options::default();
    let mistakes = report.len();
    if let Some(args) = group(input, Delimiter::Parenthesis) {
        inside(args.stream(), report, |input, report| options.read(input, &args, report));
    }
    // `Residual(Linear(8))`: one message is enough.
    if report.len() > mistakes && !input.peek(syn::token::Brace) {
        return None;
    }
    let body = body(input, kind, report)?;
    Some(Action::Residual { kind: kind.clone(), shortcut: options.shortcut, drop: options.drop, body })
}

/// The arguments of a `Residual`.
#[derive(Default)]
struct Options {
    shortcut: Option<Branch>,
    drop: Option<Expr>,
}

impl Options {
    const HOW: &str = "`shortcut` takes layers in braces, and `drop` the probability of dropping the body";

    /// `shortcut = { steps }`, `drop = expression`
    fn read(&mut self, input: ParseStream, args: &Group, report: &mut Report) {
        while !input.is_empty() {
            let key = next(input);
            let (Some(TokenTree::Ident(word)), true) = (&key, input.peek(Ident::peek_any) && input.peek2(Token![=])) else {
                report.add(args, format_args!("`Residual` takes the options `shortcut` and `drop`\nhelp: {}", Self::HOW));
                return skip(input);
            };
            token(input);
            token(input);
            match word.to_string().as_str() {
                "shortcut" if self.shortcut.is_none() => match group(input, Delimiter::Brace) {
                    Some(steps) => self.shortcut = Some(branch(&steps, report)),
                    None => {
                        let text = format!("the layers of `shortcut` go in braces\nhelp: {}", Self::HOW);
                        report.add(next(input).or(key), text);
                        return skip(input);
                    }
                },
                "drop" if self.drop.is_none() => self.drop = expression(input, args.span_close(), "a value after `drop =`", report),
                word @ ("shortcut" | "drop") => {
                    report.add(&key, format_args!("`{word}` of `Residual` is given twice; keep one"));
                    return skip(input);
                }
                word => {
                    report.add(&key, format_args!("`Residual` has no option `{word}`\nhelp: {}", Self::HOW));
                    // Braces count as the shortcut.
                    match group(input, Delimiter::Brace) {
                        Some(steps) => self.shortcut = Some(branch(&steps, report)),
                        None => skip_to_comma(input),
                    }
                }
            }
            if input.parse::<Token![,]>().is_err() && !input.is_empty() {
                let other = next(input);
                report.add(&other, format_args!("expected `,` between two options, but found {}", found(other.as_ref())));
                return skip(input);
            }
        }
    }
}

/// Skips the rest of the arguments after a mistake.
fn skip(input: ParseStream) {
    while token(input).is_some() {}
}

fn repeat(input: ParseStream, kind: &Ident, report: &mut Report) -> Option<Action> {
    let layer = if input.peek2(syn::token::Brace) {
        token(input);
        None
    } else {
        Some(layer::layer(input, kind, report)?)
    };
    let body = body(input, kind, report)?;
    let illegible = layer.as_ref().is_some_and(|layer| layer.illegible_args);
    let count = match layer.map(|layer| layer.args).unwrap_or_default().as_slice() {
        [Arg::Position { input: None, size }] => Some(size.clone()),
        _ if illegible => None,
        _ => {
            report.add(kind, "`Repeat` takes the number of repetitions\nhelp: for example `Repeat(3)`");
            None
        }
    };
    Some(Action::Repeat { kind: kind.clone(), count, steps: body.steps })
}

fn sequential(input: ParseStream, kind: &Ident, report: &mut Report) -> Option<Action> {
    token(input);
    let body = body(input, kind, report)?;
    if body.steps.is_empty() {
        report.add(kind, "`Sequential` has no layers");
    }
    Some(Action::Sequential { kind: kind.clone(), steps: body.steps })
}

fn body(input: ParseStream, kind: &Ident, report: &mut Report) -> Option<Branch> {
    let Some(body) = group(input, Delimiter::Brace) else {
        let other = next(input);
        report.add(kind, format_args!("`{kind}` is followed by its layers in braces, but found {}", found(other.as_ref())));
        return None;
    };
    Some(branch(&body, report))
}
