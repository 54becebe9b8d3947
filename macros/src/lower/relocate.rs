//! Copies of steps with the span of another place in the user's source: the use of a template, or a `reuse`. Messages about
//! a copy then underline the use; arguments of a template keep their own spans.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Expr;

use crate::ast::{Action, Arg, Branch, DimExpr, Layer, PathLayer, ShapeExpr, Step};
use crate::parse;
use crate::report::Report;

/// A copy of a step at a place.
pub fn relocate(step: &Step, place: Span) -> Step {
    Copy { place: Some(place), arguments: &HashMap::new() }.step(step)
}

/// Copies of a template's steps, its arguments filled in.
pub fn instantiate(steps: &[Step], place: Span, arguments: &HashMap<String, TokenStream>) -> Vec<Step> {
    Copy { place: Some(place), arguments }.steps(steps)
}

/// Copies of a loop's steps with its words filled in, at their own place.
pub fn round(steps: &[Step], words: &HashMap<String, TokenStream>) -> Vec<Step> {
    Copy { place: None, arguments: words }.steps(steps)
}

struct Copy<'a> {
    /// None to leave the tokens at their place.
    place: Option<Span>,
    arguments: &'a HashMap<String, TokenStream>,
}

impl Copy<'_> {
    fn steps(&self, steps: &[Step]) -> Vec<Step> {
        steps.iter().map(|step| self.step(step)).collect()
    }

    fn step(&self, step: &Step) -> Step {
        Step {
            docs: step.docs.clone(),
            name: step.name.as_ref().map(|name| self.word(name)),
            action: self.branch_given(step).unwrap_or_else(|| self.action(&step.action)),
            output: step.output.as_ref().map(|shape| self.shape(shape)),
            tags: step.tags.iter().map(|tag| self.word(tag)).collect(),
            illegible_tags: step.illegible_tags,
        }
    }

    fn action(&self, action: &Action) -> Action {
        match action {
            Action::Layer(layer) => self.given(layer).unwrap_or_else(|| Action::Layer(self.layer(layer))),
            Action::Path(path) => Action::Path(PathLayer {
                path: self.moved(path.path.clone()),
                kind: self.word(&path.kind),
                generics: path.generics.clone().map(|generics| self.filled(generics)),
                args: path.args.as_ref().map(|args| args.iter().map(|arg| self.expression(arg)).collect()),
                illegible_args: path.illegible_args,
                tokens: self.filled(path.tokens.clone()),
            }),
            Action::Branches { layer, branches } => {
                Action::Branches { layer: self.layer(layer), branches: branches.iter().map(|branch| self.branch(branch)).collect() }
            }
            Action::Residual { kind, shortcut, drop, body } => Action::Residual {
                kind: self.word(kind),
                shortcut: shortcut.as_ref().map(|branch| self.branch(branch)),
                drop: drop.as_ref().map(|drop| self.expression(drop)),
                body: self.branch(body),
            },
            Action::Repeat { kind, count, steps } => Action::Repeat {
                kind: self.word(kind),
                count: count.as_ref().map(|count| self.expression(count)),
                steps: self.steps(steps),
            },
            Action::For { keyword, words, list, steps } => {
                // The loop's own words hide arguments of the same name.
                let mut arguments = self.arguments.clone();
                words.iter().for_each(|word| drop(arguments.remove(&word.to_string())));
                Action::For {
                    keyword: self.word(keyword),
                    words: words.iter().map(|word| self.word(word)).collect(),
                    list: self.expression(list),
                    steps: Copy { place: self.place, arguments: &arguments }.steps(steps),
                }
            }
            Action::If { keyword, condition, then, otherwise } => Action::If {
                keyword: self.word(keyword),
                condition: self.expression(condition),
                then: self.steps(then),
                otherwise: self.steps(otherwise),
            },
            Action::Sequential { kind, steps } => Action::Sequential { kind: self.word(kind), steps: self.steps(steps) },
            Action::From(tag) => Action::From(self.tag_given(tag).unwrap_or_else(|| self.word(tag))),
            Action::Output(name) => Action::Output(self.word(name)),
            Action::Reuse { keyword, layer } => Action::Reuse { keyword: self.word(keyword), layer: self.word(layer) },
            Action::Illegible => Action::Illegible,
        }
    }

    fn branch(&self, branch: &Branch) -> Branch {
        Branch { place: self.moved(branch.place.clone()), steps: self.steps(&branch.steps) }
    }

    /// The layer that an argument stands for: `act` with `act = ReLU`.
    fn given(&self, layer: &Layer) -> Option<Action> {
        let argument = self.arguments.get(&layer.kind.to_string()).filter(|_| layer.args.is_empty())?;
        // Several tokens are in an invisible group.
        let tokens = match argument.clone().into_iter().next()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => group.stream(),
            _ => argument.clone(),
        };
        parse::action(tokens)
    }

    /// The branch that an argument stands for, whose mistakes were reported with the arguments: its steps, or a `Sequential` of the step's name.
    fn branch_given(&self, step: &Step) -> Option<Action> {
        let Action::Layer(Layer { kind, args, .. }) = &step.action else { return None };
        let argument = self.arguments.get(&kind.to_string()).filter(|_| args.is_empty())?;
        let steps = parse::branch(argument, &mut Report::default())?;
        let kind = self.word(kind);
        Some(match step.name {
            Some(_) => Action::Sequential { kind, steps },
            None => Action::If { keyword: kind, condition: syn::parse_quote!(true), then: steps, otherwise: Vec::new() },
        })
    }

    /// The tag that an argument stands for: `from memory` with `memory = encoded`.
    fn tag_given(&self, tag: &Ident) -> Option<Ident> {
        self.arguments.get(&tag.to_string()).and_then(|argument| syn::parse2(argument.clone()).ok())
    }

    fn layer(&self, layer: &Layer) -> Layer {
        Layer {
            kind: self.word(&layer.kind),
            args: layer.args.iter().map(|arg| self.arg(arg)).collect(),
            illegible_args: layer.illegible_args,
            tokens: self.filled(layer.tokens.clone()),
        }
    }

    fn arg(&self, arg: &Arg) -> Arg {
        match arg {
            Arg::Position { input, size } => {
                Arg::Position { input: input.as_ref().map(|input| self.expression(input)), size: self.expression(size) }
            }
            Arg::Option { key, value } => Arg::Option { key: self.word(key), value: self.expression(value) },
        }
    }

    fn shape(&self, shape: &ShapeExpr) -> ShapeExpr {
        let dim = |dim: &DimExpr| match dim {
            DimExpr::Inferred(token) => DimExpr::Inferred(*token),
            DimExpr::Size(size) => DimExpr::Size(self.expression(size)),
        };
        ShapeExpr { ids: shape.ids, tokens: self.filled(shape.tokens.clone()), dims: shape.dims.iter().map(dim).collect() }
    }

    fn at(&self, span: Span) -> Span {
        self.place.map_or(span, |place| span.located_at(place))
    }

    fn word(&self, word: &Ident) -> Ident {
        let mut word = word.clone();
        word.set_span(self.at(word.span()));
        word
    }

    /// An expression with its arguments filled in. If the result is invalid, the original is kept, and the compiler reports it.
    fn expression(&self, expression: &Expr) -> Expr {
        let filled = self.filled(expression.to_token_stream());
        if parse::braces(&filled).is_some() {
            return Expr::Verbatim(filled);
        }
        syn::parse2(filled).unwrap_or_else(|_| expression.clone())
    }

    fn moved(&self, tokens: TokenStream) -> TokenStream {
        Copy { place: self.place, arguments: &HashMap::new() }.filled(tokens)
    }

    /// Tokens with the new span, with the template's parameters replaced by the arguments.
    fn filled(&self, tokens: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let sign = |i: usize, wanted: char| matches!(tokens.get(i), Some(TokenTree::Punct(sign)) if sign.as_char() == wanted);
        let mut out = TokenStream::new();
        for (i, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    let mut moved = Group::new(group.delimiter(), self.filled(group.stream()));
                    moved.set_span(self.at(group.span()));
                    moved.to_tokens(&mut out);
                }
                TokenTree::Ident(word) => {
                    let member = i > 0 && (sign(i - 1, '.') || (i > 1 && sign(i - 1, ':') && sign(i - 2, ':')));
                    let path = sign(i + 1, ':') && sign(i + 2, ':');
                    // `kernel = ..`: the name of an option.
                    let key = sign(i + 1, '=') && !sign(i + 2, '=');
                    let called = matches!(tokens.get(i + 1), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
                    match self.arguments.get(&word.to_string()) {
                        Some(argument) if !(member || path || key || called) => out.extend(argument.clone()),
                        _ => self.word(word).to_tokens(&mut out),
                    }
                }
                other => {
                    let mut other = other.clone();
                    other.set_span(self.at(other.span()));
                    other.to_tokens(&mut out);
                }
            }
        }
        out
    }
}

/// The tokens of an expression at a place, arguments filled in.
pub fn fill(expression: &Expr, place: Span, arguments: &HashMap<String, TokenStream>) -> TokenStream {
    Copy { place: Some(place), arguments }.filled(expression.to_token_stream())
}
