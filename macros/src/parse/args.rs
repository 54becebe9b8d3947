//! Arguments of layers.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::{Expr, Token};

use super::{found, group, inside, next, skip_to_comma, token, word_then_colon, word_then_equals};
use crate::ast::Arg;
use crate::report::Report;

/// The arguments in a group, and whether some were invalid. Only those of a template may be branches.
///
/// ```text
/// args     = '(' (arg (',' arg)* ','?)? ')'
/// arg      = position | option
/// position = expression ('->' expression)? | branch
/// option   = word '=' (expression | branch)
/// ```
pub fn args(group: &Group, branches: bool, report: &mut Report) -> (Vec<Arg>, bool) {
    let mut args = Vec::new();
    let mut illegible = false;
    inside(group.stream(), report, |input, report| {
        while !input.is_empty() {
            if input.peek(Token![,]) {
                report.add(token(input), "expected an argument before this comma; remove the comma");
                continue;
            }
            match arg(input, group.span_close(), branches, report) {
                Some(arg) => args.push(arg),
                None => {
                    illegible = true;
                    skip_to_comma(input);
                }
            }
            illegible |= !separator(input, report);
        }
    });
    (args, illegible)
}

/// Consumes the `,` between two arguments, or reports the token there instead. Returns whether parsing can continue with the next argument.
fn separator(input: ParseStream, report: &mut Report) -> bool {
    if input.is_empty() || input.parse::<Token![,]>().is_ok() {
        return true;
    }
    let other = next(input);
    if input.peek(Token![;]) {
        report.add(token(input), "arguments are separated by `,`");
        return true;
    }
    // A missing comma, as in `Conv2d(6 kernel = 5)`: the next argument follows.
    if matches!(other, Some(TokenTree::Ident(_) | TokenTree::Literal(_))) {
        report.add(&other, format_args!("expected `,` before {}", found(other.as_ref())));
        return true;
    }
    report.add(&other, format_args!("expected `,` between two arguments, but found {}", found(other.as_ref())));
    skip_to_comma(input);
    let _ = input.parse::<Token![,]>();
    false
}

fn arg(input: ParseStream, end: Span, branches: bool, report: &mut Report) -> Option<Arg> {
    if word_then_equals(input) {
        return option(input, end, branches, report);
    }
    // `kernel: 5`, as in a struct literal, and `kernel == 5`.
    if word_then_colon(input) || (input.peek2(Token![==]) && input.peek(Ident::peek_any)) {
        let fork = input.fork();
        let key = token(&fork);
        let (sign, tokens) = match fork.parse::<Token![==]>() {
            Ok(equals) => ("==", equals.to_token_stream()),
            Err(_) => (":", token(&fork).to_token_stream()),
        };
        report.add(
            tokens,
            format_args!(
                "the option `{}` is given with `=`, not `{sign}`\nhelp: write `=`",
                key.map_or_else(String::new, |key| key.to_string())
            ),
        );
        return option(input, end, branches, report);
    }
    if branches && let Some(branch) = branch(input) {
        return Some(Arg::Position { input: None, size: branch });
    }
    position(input, end, report)
}

/// Steps in braces, as tokens: they are parsed where the template is used.
fn branch(input: ParseStream) -> Option<Expr> {
    group(input, Delimiter::Brace).map(|branch| Expr::Verbatim(branch.into_token_stream()))
}

fn option(input: ParseStream, end: Span, branches: bool, report: &mut Report) -> Option<Arg> {
    let key = Ident::parse_any(input).ok()?;
    // One sign of `=`, `:` or `==`.
    if input.parse::<Token![==]>().is_err() {
        token(input);
    }
    let what = format!("a value after `{key} =`");
    let value = match branches.then(|| branch(input)).flatten() {
        Some(branch) => branch,
        None => expression(input, end, &what, report)?,
    };
    Some(Arg::Option { key, value })
}

fn position(input: ParseStream, end: Span, report: &mut Report) -> Option<Arg> {
    let Some(before) = before_arrow(input) else {
        let size = expression(input, end, "a size or an option", report)?;
        return Some(Arg::Position { input: None, size });
    };
    let arrow = match input.parse::<Token![=>]>() {
        Ok(arrow) => {
            report.add(arrow, "input and output size are separated by `->`, not `=>`\nhelp: write `->`");
            Ok(arrow.to_token_stream())
        }
        Err(_) => input.parse::<Token![->]>().map(ToTokens::into_token_stream),
    };
    let first = match syn::parse2::<Expr>(before.clone()) {
        Ok(first) => Some(first),
        Err(_) if before.is_empty() => {
            report.add(arrow.ok(), "expected the input size before `->`; leave out the arrow to infer it");
            None
        }
        Err(_) => {
            report.add(&before, format_args!("expected a size before `->`, but found `{}`", crate::text::of(&before)));
            None
        }
    };
    let size = expression(input, end, "the output size after `->`", report)?;
    Some(Arg::Position { input: Some(first?), size })
}

/// Consumes the tokens before the `->` of this argument, if it has one. (`syn` would parse `400 -> 120` as a subtraction.)
fn before_arrow(input: ParseStream) -> Option<TokenStream> {
    let ahead = input.fork();
    let arrow = |input: ParseStream| input.peek(Token![->]) || input.peek(Token![=>]);
    while !arrow(&ahead) {
        if ahead.is_empty() || ahead.peek(Token![,]) {
            return None;
        }
        token(&ahead);
    }
    let mut before = TokenStream::new();
    while !arrow(input) {
        before.extend(token(input));
    }
    Some(before)
}

/// An expression; `what` describes it in messages.
pub(super) fn expression(input: ParseStream, end: Span, what: &str, report: &mut Report) -> Option<Expr> {
    let (before, ahead) = (next(input), input.fork());
    match &before {
        None => report.at(end, format_args!("expected {what}")),
        Some(comma) if input.peek(Token![,]) => report.add(comma, format_args!("expected {what} before this comma")),
        // On a copy: after a failure in braces `syn` would report their other tokens too.
        Some(token) => match ahead.parse() {
            Ok(expression) => {
                input.advance_to(&ahead);
                return Some(expression);
            }
            Err(_) => report.add(token, format_args!("expected {what}, but found {}", found(before.as_ref()))),
        },
    }
    None
}
