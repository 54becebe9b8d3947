//! `#[cfg(..)]` on a step.
//!
//! A macro cannot evaluate a condition, but the compiler leaves out the call of a macro that carries one. A block with a conditional step therefore expands to two
//! calls of `network!`, of which the compiler makes one: with the step if the condition holds, and without it otherwise.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::control;

/// A block with a condition on one of its steps.
pub struct Conditional {
    /// What `cfg` has in its parentheses.
    condition: TokenStream,
    /// The block if the condition holds.
    with: TokenStream,
    /// The block if it does not.
    without: TokenStream,
}

/// The first conditional step of a block. Conditions of whole networks are attributes of their items.
pub fn first(tokens: TokenStream) -> Option<Conditional> {
    split(tokens, false)
}

/// The two calls. `given` was imported for the block; `path` is the crate's.
pub fn calls(path: &TokenStream, given: &TokenStream, conditional: &Conditional) -> TokenStream {
    let Conditional { condition, with, without } = conditional;
    quote! {
        #[cfg(#condition)]
        #path::__private::network_impl! { (#path) #given #with }
        #[cfg(not(#condition))]
        #path::__private::network_impl! { (#path) #given #without }
    }
}

/// Splits tokens at the first condition; one of this level counts `in_braces` only.
fn split(tokens: TokenStream, in_braces: bool) -> Option<Conditional> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        if let (true, Some(condition)) = (in_braces && begins_step(&tokens, i), condition(&tokens[i..])) {
            let (before, after) = (&tokens[..i], &tokens[i + 2..]);
            let rest = &after[step(after)..];
            return Some(Conditional { condition, with: quote!(#(#before)* #(#after)*), without: quote!(#(#before)* #(#rest)*) });
        }
        let TokenTree::Group(group) = token else { continue };
        if let Some(Conditional { condition, with, without }) = split(group.stream(), group.delimiter() == Delimiter::Brace) {
            let (before, after) = (&tokens[..i], &tokens[i + 1..]);
            let around = |inside: TokenStream| {
                let mut group_with = Group::new(group.delimiter(), inside);
                group_with.set_span(group.span());
                quote!(#(#before)* #group_with #(#after)*)
            };
            return Some(Conditional { condition, with: around(with), without: around(without) });
        }
    }
    None
}

/// What the parentheses of `#[cfg(..)]` contain, if tokens begin with it.
fn condition(tokens: &[TokenTree]) -> Option<TokenStream> {
    let [TokenTree::Punct(hash), TokenTree::Group(attribute), ..] = tokens else { return None };
    let inside: Vec<TokenTree> = attribute.stream().into_iter().collect();
    match &inside[..] {
        [TokenTree::Ident(word), TokenTree::Group(condition)]
            if hash.as_char() == '#' && word == "cfg" && condition.delimiter() == Delimiter::Parenthesis =>
        {
            Some(condition.stream())
        }
        _ => None,
    }
}

/// Whether a step, or another attribute of it, can begin at `i`: after a comma, a brace or an attribute.
fn begins_step(tokens: &[TokenTree], i: usize) -> bool {
    match i.checked_sub(1).map(|last| &tokens[last]) {
        None => true,
        Some(TokenTree::Punct(mark)) => mark.as_char() == ',',
        Some(TokenTree::Group(group)) => matches!(group.delimiter(), Delimiter::Brace | Delimiter::Bracket),
        Some(_) => false,
    }
}

/// The number of tokens of the step that tokens begin with, its comma included.
fn step(tokens: &[TokenTree]) -> usize {
    let is = |i: usize, mark: char| matches!(&tokens.get(i), Some(TokenTree::Punct(punct)) if punct.as_char() == mark);
    let comma = (0..tokens.len()).find(|&i| is(i, ',')).map_or(tokens.len(), |comma| comma + 1);
    let mut first = 0;
    while is(first, '#') {
        first += 2;
    }
    let word = |i: usize| matches!(tokens.get(i), Some(TokenTree::Ident(word)) if control::begins(&word.to_string()));
    if !word(first) || is(first + 1, ':') {
        return comma;
    }
    // `for .. { }` and `if .. { } else { }` need no comma.
    let body = |from: usize| {
        (from..tokens.len()).find(|&i| matches!(&tokens[i], TokenTree::Group(group) if group.delimiter() == Delimiter::Brace))
    };
    let mut end = body(first).map_or(tokens.len(), |body| body + 1);
    while tokens.get(end).is_some_and(|token| token.to_token_stream().to_string() == "else") {
        end = body(end).map_or(tokens.len(), |body| body + 1);
    }
    if is(end, ',') { end + 1 } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splits(block: &str, condition: &str, with: &str, without: &str) {
        let text = |block: &str| block.parse::<TokenStream>().unwrap().to_string();
        let found = first(block.parse().unwrap()).unwrap();
        let found = [found.condition, found.with, found.without].map(|tokens| tokens.to_string());
        assert_eq!(found, [condition, with, without].map(text));
    }

    #[test]
    fn the_first_condition_decides() {
        splits("A: [1] { x, #[cfg(a)] b: L(1), #[cfg(c)] y }", "a", "A: [1] { x, b: L(1), #[cfg(c)] y }", "A: [1] { x, #[cfg(c)] y }");
        splits("A { #[doc = \"\"] #[cfg(not(a))] x }", "not(a)", "A { #[doc = \"\"] x }", "A { #[doc = \"\"] }");
        splits("A { Add { {}, { #[cfg(a)] x, y } } }", "a", "A { Add { {}, { x, y } } }", "A { Add { {}, { y } } }");
        splits("A { b(body = { #[cfg(a)] x }) }", "a", "A { b(body = { x }) }", "A { b(body = {}) }");
        splits(
            "A { #[cfg(a)] for i in [1] { x } if p { y } else if q { z } else { w } v }",
            "a",
            "A { for i in [1] { x } if p { y } else if q { z } else { w } v }",
            "A { if p { y } else if q { z } else { w } v }",
        );
        splits(
            "A { #[cfg(a)] if p { y } else if q { z } else { w }, v }",
            "a",
            "A { if p { y } else if q { z } else { w }, v }",
            "A { v }",
        );
        splits("A { #[cfg(a)] if: L, v }", "a", "A { if: L, v }", "A { v }");
    }

    #[test]
    fn other_attributes_do_not() {
        for block in ["#[cfg(a)] A { x }", "A { #[allow(a)] x }", "A { x(#[cfg(a)] y) }", "A { #[cfg] x }", "A { x #[cfg(a)] }"] {
            assert!(first(block.parse().unwrap()).is_none(), "{block}");
        }
    }
}
