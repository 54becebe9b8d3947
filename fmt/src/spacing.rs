//! Whether a space stands between two tokens of a line.

use crate::tokens::{Kind, Token};

/// Words after which a bracket is not an argument list.
const KEYWORDS: [&str; 11] = ["in", "if", "else", "for", "from", "as", "output", "reuse", "use", "block", "where"];

/// For each token whether a space stands before it. The first has none.
pub(crate) fn spaces(tokens: &[Token<'_>]) -> Vec<bool> {
    let mut spaces = vec![false; tokens.len()];
    let mut state = State::default();
    for (i, space) in spaces.iter_mut().enumerate().skip(1) {
        state.see(tokens, i - 1);
        *space = state.before(tokens, i);
    }
    spaces
}

/// What is known from the tokens so far.
#[derive(Default)]
struct State {
    /// For each open bracket and each open list of generics, what opened it.
    open: Vec<Opened>,
    /// Whether the last mark is an operator with an operand on both sides.
    binary: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Opened {
    Bracket,
    /// The braces of a `use`, without spaces inside.
    Imports,
    Generics,
}

impl State {
    /// Takes in a token.
    fn see(&mut self, tokens: &[Token<'_>], i: usize) {
        let token = &tokens[i];
        match token.kind {
            Kind::Open if token.is("{") && i > 0 && tokens[i - 1].is("::") => self.open.push(Opened::Imports),
            Kind::Open => self.open.push(Opened::Bracket),
            Kind::Close => {
                // Generics end with the bracket that they are in.
                while self.open.pop() == Some(Opened::Generics) {}
            }
            _ if self.opens_generics(tokens, i) => self.open.push(Opened::Generics),
            _ if self.closes_generics(token) => {
                self.open.pop();
                self.binary = false;
            }
            Kind::Mark => self.binary = is_operator(token) && i > 0 && ends_operand(&tokens[i - 1]),
            _ => {}
        }
    }

    /// `Mlp<32>` and `Mlp <H>`, but not `A < B` and `a<b`: networks have capital letters.
    fn opens_generics(&self, tokens: &[Token<'_>], i: usize) -> bool {
        let spaced = tokens[i].spaced && tokens.get(i + 1).is_some_and(|next| next.spaced);
        let is_name = |token: &Token<'_>| token.kind == Kind::Word && token.text.starts_with(|letter: char| letter.is_uppercase());
        tokens[i].is("<") && i > 0 && (is_name(&tokens[i - 1]) || tokens[i - 1].is("::")) && !spaced
    }

    fn closes_generics(&self, token: &Token<'_>) -> bool {
        token.is(">") && self.open.last() == Some(&Opened::Generics)
    }

    /// Whether a space stands before token `i`, where all before it were seen.
    fn before(&self, tokens: &[Token<'_>], i: usize) -> bool {
        let (last, token) = (&tokens[i - 1], &tokens[i]);
        let in_generics = |token: &Token<'_>| token.is("<") && self.open.last() == Some(&Opened::Generics);
        match (last.text, token.text) {
            _ if token.kind == Kind::Comment => token.is_line_comment() || token.spaced,
            _ if last.kind == Kind::Comment => token.spaced,
            (_, "," | ";" | ":" | "." | "::" | "?") => false,
            ("." | "::" | "#" | "$" | "!", _) => false,
            ("{", "}") | ("(" | "[", _) | (_, ")" | "]") => false,
            ("{", _) | (_, "}") => self.open.last() != Some(&Opened::Imports),
            ("," | ";" | ":", _) => true,
            (_, "<") if self.opens_generics(tokens, i) => false,
            (_, ">") if self.closes_generics(token) => false,
            ("<", _) if in_generics(last) => false,
            (_, "->" | "=>" | "=") | ("->" | "=>" | "=", _) => true,
            (_, ".." | "..=") if ends_operand(last) => false,
            (".." | "..=", _) if ends_operand(token) || token.kind == Kind::Open => false,
            (_, "{") => true,
            (_, "(" | "[") if last.kind == Kind::Word => KEYWORDS.contains(&last.text),
            (_, "(" | "[") if last.is(">") && !self.binary => false,
            (">", _) if !self.binary && is_word(token) => true,
            _ if is_operator(token) && ends_operand(last) => true,
            _ if is_operator(last) => self.binary,
            _ => token.spaced || (is_word(token) && (is_word(last) || last.kind == Kind::Close)),
        }
    }
}

fn is_word(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Word | Kind::Literal)
}

/// Whether an operand can end with this token, so that an operator after it has two of them.
fn ends_operand(token: &Token<'_>) -> bool {
    token.kind == Kind::Close || token.kind == Kind::Literal || (token.kind == Kind::Word && !KEYWORDS.contains(&token.text))
}

fn is_operator(token: &Token<'_>) -> bool {
    token.kind == Kind::Mark && matches!(token.text, "+" | "-" | "*" | "/" | "%" | "<" | ">" | "==" | "!=" | "<=" | ">=" | "&&" | "||")
}
