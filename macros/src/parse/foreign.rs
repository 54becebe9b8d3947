//! Lines of other libraries among the steps. One message shows their translation, which is parsed in their place.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Token};

use super::{next, steps, token};
use crate::ast::{Action, Step};
use crate::layers;
use crate::python::{self, Meaning, Refusal};
use crate::report::Report;

/// Whether a line of another library begins here.
pub fn begins(input: ParseStream) -> bool {
    let ahead = input.fork();
    if ahead.peek(Token![let]) {
        token(&ahead);
    }
    let Some(TokenTree::Ident(first)) = next(&ahead) else { return false };
    let first = first.to_string();
    // Keywords of this language are followed by a word.
    if python::is_statement(&first) && !ahead.peek2(Token![:]) && !ahead.peek2(syn::token::Brace) {
        return true;
    }
    if expression_begins(&ahead) {
        return true;
    }
    let compound = ahead.peek2(Token![+=]) || ahead.peek2(Token![-=]) || ahead.peek2(Token![*=]);
    let named = (ahead.peek2(Token![=]) && !ahead.peek2(Token![==]) && !ahead.peek2(Token![=>]))
        || (ahead.peek2(Token![:]) && !ahead.peek2(Token![::]));
    if !named {
        return compound;
    }
    let assigned = ahead.peek2(Token![=]);
    token(&ahead);
    token(&ahead);
    expression_begins(&ahead) || (assigned && ahead.peek(syn::Ident) && operator(&ahead, true))
}

/// `nn.Linear`, `torch::nn::Linear`, `relu(x)`
fn expression_begins(input: ParseStream) -> bool {
    let Some(TokenTree::Ident(word)) = next(input) else { return false };
    let word = word.to_string();
    if input.peek2(Token![.]) {
        return true;
    }
    if input.peek2(Token![::]) {
        return python::is_module(&word) && names_layer(input);
    }
    // A function of a variable.
    let ahead = input.fork();
    token(&ahead);
    let args = match next(&ahead) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => group.stream(),
        _ => return false,
    };
    if word == "Sequential" {
        return !args.is_empty();
    }
    let mut args = args.into_iter();
    let variable =
        matches!(args.next(), Some(TokenTree::Ident(arg)) if matches!(arg.to_string().as_str(), "x" | "self" | "out" | "inputs" | "input"));
    let alone = matches!(args.next(), None | Some(TokenTree::Punct(_)));
    // Not for layers with tensors: a template may be named like one, and have a size named `x`.
    variable && alone && word.starts_with(char::is_lowercase) && layers::in_other_letters(&word).is_some_and(|row| row.module.is_none())
}

/// Whether a path of modules ends in a layer.
fn names_layer(input: ParseStream) -> bool {
    let ahead = input.fork();
    let mut last = String::new();
    while let Some(TokenTree::Ident(word)) = next(&ahead) {
        last = word.to_string();
        token(&ahead);
        if ahead.parse::<Token![::]>().is_err() {
            break;
        }
    }
    // A custom layer states its output shape.
    if matches!(next(&ahead), Some(TokenTree::Group(_))) {
        token(&ahead);
    }
    if ahead.peek(Token![->]) {
        return false;
    }
    layers::find(&last).is_some() || layers::in_other_letters(&last).is_some() || layers::foreign(&last).is_some() || last == "Sequential"
}

/// Whether an operator is next, or after the next word.
fn operator(input: ParseStream, behind: bool) -> bool {
    let ahead = input.fork();
    if behind {
        token(&ahead);
    }
    let arrow = ahead.peek(Token![->]) || ahead.peek(Token![=>]);
    let compound = ahead.peek(Token![+=]) || ahead.peek(Token![-=]) || ahead.peek(Token![*=]) || ahead.peek(Token![/=]);
    !arrow
        && !compound
        && (ahead.peek(Token![+]) || ahead.peek(Token![-]) || ahead.peek(Token![*]) || ahead.peek(Token![/]) || ahead.peek(Token![@]))
}

/// `self.fc1`, `nn.Linear(784, 10)`, `x`
fn operand(input: ParseStream, into: &mut TokenStream) {
    if input.peek(Token![-]) {
        token(input).to_tokens(into);
    }
    if !(input.peek(Ident::peek_any) || input.peek(syn::Lit) || matches!(next(input), Some(TokenTree::Group(_)))) {
        return;
    }
    token(input).to_tokens(into);
    loop {
        match next(input) {
            Some(TokenTree::Group(group)) if group.delimiter() != Delimiter::Brace => token(input).to_tokens(into),
            _ if input.peek(Token![.]) || input.peek(Token![::]) => {
                let path = input.peek(Token![::]);
                token(input).to_tokens(into);
                if path {
                    token(input).to_tokens(into);
                }
                if input.peek(Ident::peek_any) && !input.peek(Token![as]) {
                    token(input).to_tokens(into);
                }
            }
            _ => return,
        }
    }
}

fn expression(input: ParseStream) -> TokenStream {
    let mut tokens = TokenStream::new();
    operand(input, &mut tokens);
    while operator(input, false) {
        token(input).to_tokens(&mut tokens);
        operand(input, &mut tokens);
    }
    tokens
}

/// Parses a line of another library; returns the steps of its translation.
pub fn line(input: ParseStream, report: &mut Report) -> Vec<Step> {
    let mut tokens = TokenStream::new();
    if input.peek(Token![let]) {
        token(input).to_tokens(&mut tokens);
    }
    let first = next(input);
    if let Some(TokenTree::Ident(word)) = &first
        && python::is_statement(&word.to_string())
    {
        return statement(input, word, report);
    }
    let mut left = expression(input);
    let mut name = None;
    let mut value = left.clone();
    if input.peek(Token![=]) || input.peek(Token![:]) || input.peek(Token![+=]) || input.peek(Token![-=]) || input.peek(Token![*=]) {
        let compound = !(input.peek(Token![=]) || input.peek(Token![:]));
        name = left.clone().into_iter().last();
        let sign = token(input);
        if compound {
            // `x += y` is `x = x + y`.
            sign.to_tokens(&mut left);
            token(input).to_tokens(&mut left);
            let right = expression(input);
            value = quote::quote!(#left #right);
        } else {
            sign.to_tokens(&mut left);
            value = expression(input);
        }
        tokens.extend(left);
        if compound {
            tokens = value.clone();
        } else {
            tokens.extend(value.clone());
        }
    } else {
        tokens.extend(left);
    }
    let meaning = match syn::parse2::<Expr>(value.clone()) {
        Ok(expression) => python::meaning(&expression),
        Err(_) => Err(Refusal::Unknown(crate::text::of(&value))),
    };
    let name = name.filter(|name| matches!(name, TokenTree::Ident(_)));
    let steps = said(&tokens, name.as_ref(), meaning, report);
    // PyTorch has no layers in braces.
    if matches!(next(input), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace) {
        token(input);
        return vec![illegible()];
    }
    steps
}

/// `return x` is translated as `x`; other statements have no translation.
fn statement(input: ParseStream, word: &Ident, report: &mut Report) -> Vec<Step> {
    let mut tokens = token(input).to_token_stream();
    if word == "return" {
        let value = expression(input);
        tokens.extend(value.clone());
        let meaning = match syn::parse2::<Expr>(value) {
            Ok(expression) => python::meaning(&expression),
            Err(_) => Ok(Meaning::default()),
        };
        return said(&tokens, None, meaning, report);
    }
    while !input.is_empty() && !input.peek(Token![,]) {
        token(input).to_tokens(&mut tokens);
    }
    report.add(&tokens, format_args!("`{word}` is not a layer: a network consists of its steps, one after another"));
    vec![illegible()]
}

/// One message for a line, with its translation.
fn said(tokens: &TokenStream, name: Option<&TokenTree>, meaning: Result<Meaning, Refusal>, report: &mut Report) -> Vec<Step> {
    let shown = crate::text::of(tokens);
    match meaning {
        Ok(Meaning { steps, makes }) if steps.is_empty() => {
            let text = if makes {
                format!("`{shown}` does nothing")
            } else if shown.starts_with("return") {
                "there is no `return`: the output of the last step is the network's output".to_owned()
            } else {
                format!("`{shown}` is Python: a layer runs where it is declared and is never called")
            };
            report.add(tokens, format_args!("{text}\nhelp: leave the step out"));
            Vec::new()
        }
        Ok(Meaning { mut steps, makes }) => {
            if let (true, Some(name), Some(first)) = (makes, name, steps.first_mut()) {
                *first = format!("{name}: {first}");
            }
            let steps = steps.join(", ");
            let text = if shown.starts_with("Sequential") {
                "`Sequential` is followed by its layers in braces, but found `(`".to_owned()
            } else if makes && name.is_some() {
                format!("`{shown}` is Python: write the layer's name, a colon, and the layer without its module")
            } else if makes {
                format!("`{shown}` is Python: write the layer without its module")
            } else {
                format!("`{shown}` is Python: a step is a layer, and the current tensor has no name")
            };
            report.add(tokens, format_args!("{text}\nhelp: write `{steps}`"));
            // The translation is parsed again, which checks the tags.
            let joins = || layers::all().filter(|row| layers::is_join(row)).any(|row| steps.contains(&format!("{}(", row.kind)));
            if !makes && joins() {
                return vec![illegible()];
            }
            let place = tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span());
            let steps: TokenStream = steps.parse().unwrap_or_default();
            steps::steps(&Group::new(Delimiter::Brace, at(steps, place)), &mut Report::default())
        }
        Err(Refusal::Absent { layer, reason }) => {
            report.add(tokens, format_args!("there is no layer `{layer}`{reason}"));
            vec![illegible()]
        }
        Err(Refusal::Unknown(what)) => {
            report
                .add(tokens, format_args!("`{what}` is not a layer\nhelp: a step is a layer and its arguments, for example `Linear(10)`"));
            vec![illegible()]
        }
    }
}

fn illegible() -> Step {
    Step { docs: Vec::new(), name: None, action: Action::Illegible, output: None, tags: Vec::new(), illegible_tags: false }
}

fn at(tokens: TokenStream, place: Span) -> TokenStream {
    let moved = tokens.into_iter().map(|token| {
        let mut token = match token {
            TokenTree::Group(group) => TokenTree::Group(Group::new(group.delimiter(), at(group.stream(), place))),
            other => other,
        };
        token.set_span(place);
        token
    });
    moved.collect()
}
