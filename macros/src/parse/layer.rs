//! The action of a step: a word with arguments, a path, or a keyword.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{AngleBracketedGenericArguments, Expr, Token};

use super::args::args;
use super::{combinators, control, found, next, token};
use crate::ast::{Action, Arg, Layer, PathLayer};
use crate::layers::{self, Foreign};
use crate::report::Report;

/// Words that begin a step and are followed by another word.
pub const KEYWORDS: [&str; 3] = ["from", "output", "reuse"];

/// The action of a step; None if it is invalid, which is reported.
///
/// ```text
/// action = 'from' word | 'output' word | 'reuse' word | control | combinator | layer | path
/// ```
pub fn action(input: ParseStream, name: Option<&Ident>, report: &mut Report) -> Option<Action> {
    let kind = match next(input) {
        Some(TokenTree::Ident(kind)) => kind,
        Some(TokenTree::Punct(_)) if input.peek(Token![::]) => return path(input, report),
        other => {
            let after = name.map_or_else(String::new, |name| format!(" after `{name}:`"));
            let text = format!("expected a layer{after}, such as `Linear(10)`, but found {}", found(other.as_ref()));
            match (&other, name) {
                (Some(TokenTree::Punct(comma)), Some(name)) if comma.as_char() == ',' => report.add(name, text),
                (Some(other), _) => report.add(other, text),
                (None, Some(name)) => report.add(name, text),
                (None, None) => report.at(input.span(), text),
            }
            return None;
        }
    };
    if input.peek2(Token![::]) {
        return path(input, report);
    }
    let word = kind.to_string();
    if KEYWORDS.contains(&word.as_str()) {
        return keyword(input, &kind, report);
    }
    if control::begins(&word) {
        return control::control(input, &kind, report);
    }
    if let (true, None, Some(near)) = (input.peek2(syn::Ident), layers::find(&word), crate::spelling::nearest(&word, &KEYWORDS)) {
        report.add(&kind, format_args!("there is no step `{word}`\nhelp: write `{near}`"));
        return keyword(input, &Ident::new(near, kind.span()), report);
    }
    if word == "block" && input.peek2(syn::Ident) {
        report.add(&kind, "a template is declared next to the networks of a block, not inside one");
        return None;
    }
    if let Some(near) = misspelt(input, &word) {
        report.add(&kind, format_args!("there is no layer `{word}`\nhelp: write `{near}`"));
        return combinators::combinator(input, &Ident::new(near, kind.span()), report);
    }
    if layers::is_combinator(&word) {
        return combinators::combinator(input, &kind, report);
    }
    // `Encoder<64>`, another network of the block.
    if input.peek2(Token![<]) && layers::find(&word).is_none() {
        return path(input, report);
    }
    layer(input, &kind, report).map(Action::Layer)
}

/// The combinator that a word before braces was meant to be.
fn misspelt(input: ParseStream, word: &str) -> Option<&'static str> {
    let joins = layers::all().filter(|row| layers::is_join(row)).map(|row| row.kind);
    let steps: Vec<&'static str> = ["Residual", "Repeat", "Sequential"].into_iter().chain(joins).collect();
    let braces = input.peek2(syn::token::Brace) || (input.peek2(syn::token::Paren) && input.peek3(syn::token::Brace));
    if !braces || steps.contains(&word) || layers::find(word).is_some() {
        return None;
    }
    match layers::foreign(word) {
        Some(Foreign::Layer(kind)) if steps.contains(&kind) => Some(kind),
        _ => crate::spelling::nearest(word, &steps),
    }
}

/// `from tag`, `output name`, `reuse layer`
fn keyword(input: ParseStream, keyword: &Ident, report: &mut Report) -> Option<Action> {
    token(input);
    let operand = match next(input) {
        Some(TokenTree::Ident(operand)) if !input.peek(Token![as]) => {
            token(input);
            // A layer's path, as in error messages and checkpoints.
            if input.peek(Token![.]) {
                let mut tokens = operand.to_token_stream();
                while input.peek(Token![.]) || input.peek(Ident::peek_any) || input.peek(syn::Lit) {
                    token(input).to_tokens(&mut tokens);
                }
                report.add(&tokens, format_args!("`{keyword}` takes a name of this level, not a path"));
                return None;
            }
            operand
        }
        other => {
            let what = match keyword.to_string().as_str() {
                "from" => "a tag or an input's name: `from skip`, `from input`",
                "output" => "an output's name: `output logits`",
                _ => "a layer's name: `reuse conv1`",
            };
            report.add(keyword, format_args!("`{keyword}` is followed by {what}, but found {}", found(other.as_ref())));
            return None;
        }
    };
    Some(match keyword.to_string().as_str() {
        "from" => Action::From(operand),
        "output" => Action::Output(operand),
        _ => Action::Reuse { keyword: keyword.clone(), layer: operand },
    })
}

/// A built-in layer, a template or a network of the block.
///
/// ```text
/// layer = word args?
/// ```
pub fn layer(input: ParseStream, kind: &Ident, report: &mut Report) -> Option<Layer> {
    token(input);
    let mut tokens = kind.to_token_stream();
    if input.peek(Token![<]) {
        report.add(next(input), format_args!("sizes go in parentheses: `{kind}(..)`"));
        return None;
    }
    if input.peek(Token![!]) {
        report.add(token(input), format_args!("a layer is not a macro; write `{kind}` without `!`"));
    }
    let (args, illegible_args) = arguments(input, kind, &mut tokens, report);
    Some(Layer { kind: kind.clone(), args, illegible_args, tokens })
}

fn arguments(input: ParseStream, kind: &Ident, tokens: &mut TokenStream, report: &mut Report) -> (Vec<Arg>, bool) {
    let branches = layers::find(&kind.to_string()).is_none();
    match next(input) {
        Some(TokenTree::Group(group)) if group.delimiter() != Delimiter::None => {
            token(input);
            group.to_tokens(tokens);
            if group.delimiter() != Delimiter::Parenthesis {
                let args = group.stream();
                report.add(&group, format_args!("the arguments of `{kind}` go in parentheses\nhelp: write `({})`", crate::text::of(args)));
            }
            args(&group, branches, report)
        }
        // `Linear 10`
        Some(TokenTree::Literal(size)) => {
            token(input);
            size.to_tokens(tokens);
            report.add(&size, format_args!("the arguments of `{kind}` go in parentheses\nhelp: write `({size})`"));
            args(&Group::new(Delimiter::Parenthesis, size.into_token_stream()), branches, report)
        }
        _ => (Vec::new(), false),
    }
}

/// A network or custom layer by its path.
///
/// ```text
/// path = '::'? word ('::' word)* ('::'? '<' .. '>')? ('(' (expression (',' expression)*)? ')')?
/// ```
fn path(input: ParseStream, report: &mut Report) -> Option<Action> {
    let mut path = TokenStream::new();
    let leading = input.parse::<Token![::]>();
    leading.ok().to_tokens(&mut path);
    let kind = loop {
        // `as` begins the tag.
        let Some(TokenTree::Ident(word)) = next(input).filter(|_| !input.peek(Token![as])) else { break None };
        token(input).to_tokens(&mut path);
        // `::<` begins generic arguments.
        if !input.peek(Token![::]) || input.peek3(Token![<]) {
            break Some(word);
        }
        input.parse::<Token![::]>().ok().to_tokens(&mut path);
    };
    let Some(kind) = kind else {
        let text = format!("expected the name of a network or layer after `::`, but found {}", found(next(input).as_ref()));
        report.add(&path, text);
        return None;
    };
    if syn::Path::parse_mod_style.parse2(path.clone()).is_err() {
        report.add(&path, format_args!("`{}` is not a path to a network or layer", crate::text::of(&path)));
        return None;
    }
    let mut tokens = path.clone();
    let _ = input.parse::<Token![::]>();
    let generics = generics(input, report)?;
    if let Some(generics) = &generics {
        quote::quote!(<#generics>).to_tokens(&mut tokens);
    }
    let layer = Layer { kind: kind.clone(), args: Vec::new(), illegible_args: false, tokens };
    let mut layer = PathLayer { path, kind, generics, args: None, illegible_args: false, tokens: layer.tokens };
    if input.peek(syn::token::Paren) {
        let (args, illegible) = arguments(input, &layer.kind, &mut layer.tokens, report);
        let mistakes = report.len();
        layer.args = Some(sizes(args, &layer.kind, report));
        layer.illegible_args = illegible || report.len() > mistakes;
    }
    Some(Action::Path(layer))
}

/// The tokens between `<` and `>`; the outer option is None if they are invalid.
fn generics(input: ParseStream, report: &mut Report) -> Option<Option<TokenStream>> {
    if !input.peek(Token![<]) {
        return Some(None);
    }
    let open = next(input);
    match input.parse::<AngleBracketedGenericArguments>() {
        Ok(mut arguments) => {
            arguments.args.pop_punct();
            Some(Some(arguments.args.to_token_stream()))
        }
        Err(_) => {
            report.add(open, "expected sizes or types between `<` and `>`, as in `Encoder<64>`");
            None
        }
    }
}

/// The arguments of a custom layer or of a network with several inputs, which are positional.
fn sizes(args: Vec<Arg>, kind: &Ident, report: &mut Report) -> Vec<Expr> {
    let mut sizes = Vec::new();
    for arg in args {
        match arg {
            Arg::Position { input: None, size } => sizes.push(size),
            Arg::Position { input: Some(input), .. } => {
                report.add(input, format_args!("`{kind}` is not a built-in layer: separate its sizes by `,`, not `->`"));
            }
            Arg::Option { key, .. } => {
                report.add(key, format_args!("`{kind}` is not a built-in layer and takes no options by name"));
            }
        }
    }
    sizes
}
