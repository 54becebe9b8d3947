//! The steps in a network's braces.

use proc_macro2::{Delimiter, Group, Ident, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Token};

use super::shape::shape;
use super::{control, foreign, found, group, inside, layer, next, skip_to_comma, token, word_then_colon, word_then_equals};
use crate::ast::{Action, Step};
use crate::layers;
use crate::report::Report;
use crate::text;

/// The steps of a body.
///
/// ```text
/// steps = (step (',' step)* ','?)?
/// ```
pub fn steps(body: &Group, report: &mut Report) -> Vec<Step> {
    let mut steps = Vec::new();
    inside(body.stream(), report, |input, report| {
        let mut semicolons = false;
        while !input.is_empty() {
            if input.peek(Token![,]) {
                report.add(token(input), "expected a layer before this comma; remove the comma");
                continue;
            }
            let foreign = foreign::begins(input);
            steps.extend(step(input, report));
            // Lines of another library have no commas, and get a message each.
            let closed = steps.last().is_some_and(control::ends_in_braces) && control::follows(input);
            if !(closed || (foreign && foreign::begins(input))) {
                separator(input, &mut semicolons, report);
            }
        }
    });
    steps
}

/// Consumes the `,` after a step, or reports the token there instead.
fn separator(input: ParseStream, semicolons: &mut bool, report: &mut Report) {
    if input.is_empty() || input.parse::<Token![,]>().is_ok() {
        return;
    }
    let other = next(input);
    if input.peek(Token![;]) {
        // Such separators are usually used throughout: one message for all.
        if !std::mem::replace(semicolons, true) {
            report.add(&other, "layers are separated by `,`, not `;`");
        }
        token(input);
        return;
    }
    if input.peek(Token![->]) {
        report.add(&other, "the output shape of a layer comes before `as`");
    } else if begins_step(input) {
        report.add(&other, format_args!("expected `,` between two layers, before {}", found(other.as_ref())));
        return;
    } else {
        report.add(&other, format_args!("expected `,` after a layer, but found {}", found(other.as_ref())));
    }
    skip_to_comma(input);
    let _ = input.parse::<Token![,]>();
}

fn begins_step(input: ParseStream) -> bool {
    input.peek(Ident::peek_any) || input.peek(Token![#])
}

/// One step; for a line of another library, the steps of its translation.
///
/// ```text
/// step = doc* (name ':')? action ('->' shape)? ('as' tags)?
/// ```
fn step(input: ParseStream, report: &mut Report) -> Vec<Step> {
    let docs = docs(input, "layers take doc comments and `#[cfg(..)]`", report);
    if foreign::begins(input) {
        let mut steps = foreign::line(input, report);
        if let Some(first) = steps.first_mut() {
            first.docs = docs;
        }
        let output = output(input, report);
        let tags = tags(input, report);
        if let Some(last) = steps.last_mut() {
            last.output = output;
            last.tags = tags;
        }
        return steps;
    }
    // `for x in ..` and `if x ..` begin with two words.
    let name =
        if matches!(next(input), Some(TokenTree::Ident(word)) if control::begins(&word.to_string())) { None } else { name(input, report) };
    let action = layer::action(input, name.as_ref(), report).unwrap_or_else(|| {
        while !input.is_empty() && !input.peek(Token![,]) && !input.peek(Token![;]) {
            token(input);
        }
        Action::Illegible
    });
    let output = output(input, report);
    let mistakes = report.len();
    let tags = tags(input, report);
    let illegible_tags = report.len() > mistakes;
    vec![Step { docs, name, action, output, tags, illegible_tags }]
}

/// ```text
/// tags = word | '(' (word | '_') (',' (word | '_'))* ','? ')'
/// ```
fn tags(input: ParseStream, report: &mut Report) -> Vec<Ident> {
    let Ok(keyword) = input.parse::<Token![as]>() else { return Vec::new() };
    if let Some(list) = group(input, Delimiter::Parenthesis) {
        let mut tags = Vec::new();
        inside(list.stream(), report, |input, report| {
            while !input.is_empty() {
                // PyTorch's `y, (h_n, c_n)`
                if let Some(nested) = group(input, Delimiter::Parenthesis) {
                    report.add(&nested, format_args!("tags are a flat list\nhelp: write `{}`", text::of(nested.stream())));
                    inside(nested.stream(), &mut Report::default(), |input, report| {
                        while !input.is_empty() {
                            tags.extend(nothing(input).or_else(|| tag(input, report)));
                            let _ = input.parse::<Token![,]>();
                        }
                    });
                    let _ = input.parse::<Token![,]>();
                    continue;
                }
                tags.extend(nothing(input).or_else(|| tag(input, report)));
                if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                    report.add(next(input), "tags are separated by `,`: `as (a, b)`");
                    // Two adjacent tags: a comma is missing; `;` counts as one.
                    if input.peek(Token![;]) {
                        token(input);
                    } else if !input.peek(syn::Ident) {
                        skip_to_comma(input);
                        let _ = input.parse::<Token![,]>();
                    }
                }
            }
        });
        if list.stream().is_empty() {
            report.add(&list, "expected a tag in the parentheses: `as (a, b)`");
        }
        return tags;
    }
    if input.is_empty() || input.peek(Token![,]) || input.peek(Token![;]) {
        report.add(keyword, "`as` is followed by a tag, a word that names the tensor: `as skip`");
        return Vec::new();
    }
    tag(input, report).into_iter().collect()
}

/// `_` as a tag, for one of several tensors that is not used.
fn nothing(input: ParseStream) -> Option<Ident> {
    let underscore = input.parse::<Token![_]>().ok()?;
    Some(Ident::new("_", underscore.span))
}

fn tag(input: ParseStream, report: &mut Report) -> Option<Ident> {
    let taken = token(input);
    match taken {
        Some(TokenTree::Ident(tag)) if syn::parse_str::<Ident>(&tag.to_string()).is_ok() => Some(tag),
        other => {
            report.add(&other, format_args!("a tag is a word that names a tensor, as in `as skip`, but found {}", found(other.as_ref())));
            None
        }
    }
}

/// The documentation of layers or templates. `taken` says which attributes they take; `cfg` was taken out of the tokens before.
pub fn docs(input: ParseStream, taken: &str, report: &mut Report) -> Vec<Attribute> {
    let mut docs = match input.call(Attribute::parse_outer) {
        Ok(docs) => docs,
        Err(error) => {
            report.push(error);
            token(input);
            Vec::new()
        }
    };
    docs.retain(|attr| {
        let doc = attr.path().is_ident("doc");
        if !doc {
            report.add(attr, format_args!("{taken}, but no other attributes"));
        }
        doc
    });
    docs
}

/// `name:`, if there is one.
fn name(input: ParseStream, report: &mut Report) -> Option<Ident> {
    if let (Some(TokenTree::Literal(literal)), true) = (next(input), input.peek2(Token![:])) {
        report.add(&literal, format_args!("a layer's name is a word without quotes, but found `{literal}`"));
        token(input);
        token(input);
        return None;
    }
    if word_then_colon(input) {
        let name = Ident::parse_any(input).ok();
        token(input);
        return name;
    }
    // `conv1 = Conv2d(6)` and `let conv1 = Conv2d(6)`
    let binding = if input.peek(Token![let]) { token(input) } else { None };
    if let Some(binding) = &binding {
        report.add(binding, "a layer is named by `name: Layer`, without `let`");
    }
    if word_then_equals(input) {
        let name = Ident::parse_any(input).ok();
        let sign = token(input);
        if binding.is_none() {
            report.add(sign, "a layer's name is followed by `:`, not `=`");
        }
        return name;
    }
    // `conv1 Conv2d(6)`: two words, of which only the second is a layer.
    if let (Some(TokenTree::Ident(first)), true) = (next(input), input.peek2(syn::Ident))
        && layers::find(&first.to_string()).is_none()
        && !layer::KEYWORDS.contains(&first.to_string().as_str())
        && first != "block"
    {
        let fork = input.fork();
        token(&fork);
        if let Some(TokenTree::Ident(second)) = next(&fork)
            && (layers::resembles(&second.to_string()) || layers::is_combinator(&second.to_string()))
        {
            token(input);
            report.add(&second, format_args!("expected `:` between the name `{first}` and the layer `{second}`"));
            return Some(first);
        }
    }
    None
}

/// `-> Shape`, if there is one.
fn output(input: ParseStream, report: &mut Report) -> Option<crate::ast::ShapeExpr> {
    if input.peek(Token![=>]) {
        report.add(input.parse::<Token![=>]>().ok(), "the output shape of a layer follows `->`, not `=>`");
    } else if input.parse::<Token![->]>().is_err() {
        return None;
    }
    let shape = shape(input, "the layer's output", report);
    if shape.is_none() {
        skip_to_comma(input);
    }
    shape
}
