//! Generic parameters of a network that are sizes.
//!
//! Stable Rust has no arithmetic on them in types. A shape rule with such a size is evaluated twice, with different numbers as stand-ins: a size
//! that is the same both times does not depend on the parameter, one that equals the stand-in *is* the parameter, and anything else is arithmetic, which is
//! refused.

use proc_macro2::{Group, Ident, Literal, TokenStream, TokenTree};
use quote::ToTokens;

use crate::ast::Generic;

/// A generic parameter.
#[derive(Clone, Debug)]
pub struct Param {
    pub name: Ident,
    /// Its position among the network's parameters.
    pub place: usize,
    /// Known at run time only.
    pub runtime: bool,
}

impl PartialEq for Param {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Param {
    /// The parameters of a network.
    pub fn all(generics: &[Generic]) -> Vec<Param> {
        let param = |(place, generic): (usize, &Generic)| Param { name: generic.name.clone(), place, runtime: generic.runtime };
        generics.iter().enumerate().map(param).collect()
    }

    /// Its stand-in: large, so that users do not write it as a size; with many divisors, so that groups and heads
    /// divide it; different in the two rounds.
    pub fn stand_in(&self, round: usize) -> usize {
        5040 * (101 + 7 * self.place + 530 * round)
    }
}

/// What a size is, from its values in the two rounds.
pub enum Size {
    Known(usize),
    Param(Param),
    /// Arithmetic on a parameter.
    Arithmetic,
}

/// Classifies a size by its values in the two rounds.
pub fn size(params: &[Param], first: usize, second: usize) -> Size {
    if first == second {
        return Size::Known(first);
    }
    match params.iter().find(|param| (param.stand_in(0), param.stand_in(1)) == (first, second)) {
        Some(param) => Size::Param(param.clone()),
        None => Size::Arithmetic,
    }
}

/// Replaces the stand-ins of the first round by the parameters' names in a message.
pub fn text(params: &[Param], text: &str) -> String {
    params.iter().fold(text.to_owned(), |text, param| text.replace(&param.stand_in(0).to_string(), &param.name.to_string()))
}

/// A message about generic sizes, from what it is in the two rounds: numbers that are computed from stand-ins are `?`, and advice with such numbers is
/// left out.
pub fn message(params: &[Param], rounds: [&str; 2]) -> String {
    let [first, second] = [0, 1].map(|round| {
        params
            .iter()
            .fold(rounds[round].to_owned(), |text, param| text.replace(&param.stand_in(round).to_string(), &param.name.to_string()))
    });
    if first == second {
        return first;
    }
    let [(text, help), (other, other_help)] = [&first, &second].map(|text| text.split_once("\nhelp: ").unwrap_or((text, "")));
    let is_number = |word: &str| word.starts_with(|letter: char| letter.is_ascii_digit());
    let pieces = |text: &str| -> Vec<String> {
        let mut pieces: Vec<String> = Vec::new();
        for letter in text.chars() {
            match pieces.last_mut() {
                Some(last) if is_number(last) == letter.is_ascii_digit() => last.push(letter),
                _ => pieces.push(letter.to_string()),
            }
        }
        pieces
    };
    let (own, others) = (pieces(text), pieces(other));
    // What is not even worded alike is that of the first round.
    let alike = own.len() == others.len();
    let text: String = own.iter().zip(&others).map(|(a, b)| if a != b && is_number(a) { "?" } else { a }).collect();
    let text = if alike { text } else { own.concat() };
    if help.is_empty() || help != other_help { text } else { format!("{text}\nhelp: {help}") }
}

/// Replaces the stand-ins of the first round by the parameters in code.
pub fn code(params: &[Param], tokens: TokenStream) -> TokenStream {
    let token = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), code(params, group.stream()));
            inner.set_span(group.span());
            inner.to_token_stream()
        }
        TokenTree::Literal(literal) => self::literal(params, &literal),
        token => token.to_token_stream(),
    };
    tokens.into_iter().map(token).collect()
}

fn literal(params: &[Param], literal: &Literal) -> TokenStream {
    let text = literal.to_string();
    let param = params.iter().find(|param| param.stand_in(0).to_string() == text);
    param.map_or_else(|| literal.to_token_stream(), |param| param.name.to_token_stream())
}

/// The first parameter that the code names.
pub fn mentions(params: &[Param], tokens: TokenStream) -> Option<Param> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) => params.iter().find(|param| param.name == word).cloned(),
        TokenTree::Group(group) => mentions(params, group.stream()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn params() -> Vec<Param> {
        ["H", "K"]
            .iter()
            .enumerate()
            .map(|(place, name)| Param { name: Ident::new(name, Span::call_site()), place, runtime: false })
            .collect()
    }

    #[test]
    fn sizes_are_told_apart() {
        let params = params();
        let [h, k] = [&params[0], &params[1]].map(|param| [param.stand_in(0), param.stand_in(1)]);
        assert!(matches!(size(&params, 7, 7), Size::Known(7)));
        assert!(matches!(size(&params, h[0], h[1]), Size::Param(param) if param.name == "H"));
        assert!(matches!(size(&params, k[0], k[1]), Size::Param(param) if param.name == "K"));
        assert!(matches!(size(&params, h[0] + k[0], h[1] + k[1]), Size::Arithmetic));
        assert!(matches!(size(&params, 2 * h[0], 2 * h[1]), Size::Arithmetic));
        assert!(matches!(size(&params, h[0], k[1]), Size::Arithmetic));
    }

    #[test]
    fn numbers_from_stand_ins_are_not_told() {
        let params = params();
        let told = |round: usize| {
            let h = params[0].stand_in(round);
            format!("splits into {h}, 48, which add up to {}, but receives 64\nhelp: for example `Split([{h}, {}])`", h + 48, h - 5)
        };
        assert_eq!(message(&params, [&told(0), &told(1)]), "splits into H, 48, which add up to ?, but receives 64");
        assert_eq!(message(&params, ["receives 3\nhelp: write `4`"; 2]), "receives 3\nhelp: write `4`");
    }

    #[test]
    fn stand_ins_are_named_in_messages_and_code() {
        let params = params();
        let number = params[1].stand_in(0);
        assert_eq!(text(&params, &format!("receives {number} features")), "receives K features");
        let tokens: TokenStream = format!("Shape::new(&[3, {number}])").parse().unwrap();
        assert_eq!(crate::text::of(code(&params, tokens)), "Shape::new(&[3, K])");
    }
}
