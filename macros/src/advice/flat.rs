//! A block as a flat list of tokens, for applying advice.

use std::ops::Range;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Tokens as text, including brackets.
pub type Flat = Vec<String>;

/// Two-character operators.
const SIGNS: [&str; 13] = ["->", "=>", "::", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "&&", "||"];

/// Flattens tokens: `a(1)` becomes `a`, `(`, `1`, `)`, and `->` is one token.
pub fn flat(tokens: TokenStream) -> Flat {
    let mut out = Vec::new();
    let mut joint = false;
    for token in tokens {
        let was_joint = std::mem::take(&mut joint);
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                out.extend(
                    [open.to_owned()].into_iter().chain(flat(group.stream())).chain([close.to_owned()]).filter(|text| !text.is_empty()),
                );
            }
            TokenTree::Punct(punct) => {
                joint = punct.spacing() == Spacing::Joint;
                match out.last_mut() {
                    Some(last) if was_joint && SIGNS.contains(&format!("{last}{}", punct.as_char()).as_str()) => last.push(punct.as_char()),
                    _ => out.push(punct.as_char().to_string()),
                }
            }
            other => match out.last_mut() {
                // A lifetime.
                Some(last) if was_joint && last == "'" => last.push_str(&other.to_string()),
                _ => out.push(other.to_string()),
            },
        }
    }
    out
}

/// The tokens of a text.
pub fn parsed(text: &str) -> Option<Flat> {
    text.parse().ok().map(flat)
}

/// The block as text.
pub fn text(tokens: &[String]) -> String {
    tokens.join(" ")
}

/// The occurrences of a list of tokens.
pub fn occurrences(all: &[String], part: &[String]) -> Vec<Range<usize>> {
    if part.is_empty() || part.len() > all.len() {
        return Vec::new();
    }
    (0..=all.len() - part.len()).filter(|&at| all[at..at + part.len()] == *part).map(|at| at..at + part.len()).collect()
}

fn opens(token: &str) -> bool {
    matches!(token, "(" | "[" | "{")
}

fn closes(token: &str) -> bool {
    matches!(token, ")" | "]" | "}")
}

/// The end of the bracket that opens at `at`.
pub fn closing(all: &[String], at: usize) -> usize {
    let mut depth = 0;
    for (i, token) in all.iter().enumerate().skip(at) {
        depth += i32::from(opens(token)) - i32::from(closes(token));
        if depth == 0 {
            return i;
        }
    }
    all.len() - 1
}

/// The opening bracket around a place.
pub fn around(all: &[String], at: usize) -> Option<usize> {
    let mut depth = 0;
    for i in (0..at).rev() {
        if closes(&all[i]) {
            depth += 1;
        } else if opens(&all[i]) {
            if depth == 0 {
                return Some(i);
            }
            depth -= 1;
        }
    }
    None
}

/// The item around a place, between commas or brackets.
pub fn item(all: &[String], at: usize) -> Range<usize> {
    let begin = around(all, at).map_or(0, |open| open + 1);
    let (mut start, mut i) = (begin, begin);
    while i < all.len() {
        if opens(&all[i]) {
            i = closing(all, i);
        } else if closes(&all[i]) {
            break;
        } else if all[i] == "," {
            if i >= at {
                break;
            }
            start = i + 1;
        }
        i += 1;
    }
    start..i
}

/// Whether it is a layer's name.
pub fn is_layer(token: &str) -> bool {
    token.starts_with(|c: char| c.is_uppercase()) && token.chars().any(|c| c.is_lowercase())
}

/// Whether it is a word.
pub fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The layer that starts at a word: the word, its path, and its arguments.
fn call_at(all: &[String], mut start: usize) -> Range<usize> {
    while start >= 2 && (all[start - 1] == "::" || all[start - 1] == ".") && is_word(&all[start - 2]) {
        start -= 2;
    }
    let mut end = start + 1;
    while end + 1 < all.len() && (all[end] == "::" || all[end] == ".") && is_word(&all[end + 1]) {
        end += 2;
    }
    match all.get(end).map(String::as_str) {
        Some("(" | "[") => start..closing(all, end) + 1,
        _ => start..end,
    }
}

/// The layers that a place may belong to: the one that starts there, and those around it.
pub fn calls(all: &[String], place: &Range<usize>) -> Vec<Range<usize>> {
    let mut calls = Vec::new();
    if is_word(&all[place.start]) {
        calls.push(call_at(all, place.start));
    }
    let mut at = place.start;
    while let Some(open) = around(all, at) {
        if open > 0 && all[open] == "(" && is_word(&all[open - 1]) {
            calls.push(call_at(all, open - 1));
        }
        at = open;
    }
    calls
}

/// The tokens with a range replaced.
pub fn replaced(all: &[String], range: Range<usize>, with: &[String]) -> Flat {
    [&all[..range.start], with, &all[range.end..]].concat()
}
