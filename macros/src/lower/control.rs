//! `for` and `if`: what they contain is written out while the macro expands.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{BinOp, Expr, ExprLit, Lit, RangeLimits, UnOp};

use super::relocate::round;
use super::walk::literal;
use super::{Lowering, scope};
use crate::ast::Step;
use crate::text;

/// Rounds of one `for`.
const MOST_ROUNDS: i128 = 1024;

impl Lowering<'_, '_> {
    /// `for channels in [64, 128] { .. }`: like `Repeat`, a round for each item, whose names begin with its number.
    pub(super) fn each(&mut self, step: &Step, keyword: &Ident, words: &[Ident], list: &Expr, steps: &[Step]) {
        let items = match items(list) {
            Some(items) => items,
            // The list is an argument of the template that is checked.
            None if self.definition => vec![TokenStream::new()],
            None => {
                let text = format!(
                    "`for` takes a list, such as `[64, 128]` or `0..3`, but found `{}`: each item becomes layers while the macro expands, when the \
                     value of a constant is not known yet",
                    text::of(list)
                );
                self.report.add(list, text);
                return self.lost(step, keyword.to_token_stream());
            }
        };
        let open = self.definition && items.iter().all(TokenStream::is_empty);
        if items.is_empty() {
            self.report.add(list, "the list of this `for` is empty; a step has at least one layer");
            return self.lost(step, keyword.to_token_stream());
        }
        let spliced = step.name.is_none() && self.is_numbered();
        let outer = if spliced { self.prefix.clone() } else { self.open(step, "for", keyword) };
        let prefix = self.prefix.clone();
        let begin = self.nodes.len();
        let mut first_len = 0;
        for (i, item) in items.iter().enumerate() {
            let node = self.nodes.len();
            if !spliced {
                self.prefix = format!("{prefix}{i}.");
            }
            let outside = self.open_words.len();
            let bound = if open {
                self.open_words.extend(words.iter().map(ToString::to_string));
                HashMap::new()
            } else {
                match bind(words, item) {
                    Some(bound) => bound,
                    None => {
                        let wanted = words.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                        let text =
                            format!("this `for` needs {} values for each round, `({wanted})`, but found `{}`", words.len(), text::of(item));
                        self.report.add(list, text);
                        return self.lost(step, keyword.to_token_stream());
                    }
                }
            };
            let steps = round(steps, &bound);
            self.scopes.push(scope::Scope::default());
            let mistakes = self.report.len();
            self.steps(&steps);
            self.close_scope();
            self.open_words.truncate(outside);
            if self.overflow {
                break;
            }
            let shown: Vec<String> =
                words.iter().filter_map(|word| Some(format!("{word} = {}", text::of(bound.get(&word.to_string())?)))).collect();
            for node in &mut self.nodes[node..] {
                if !shown.is_empty() {
                    node.note.push_str(&format!("\nnote: in the round with `{}`", shown.join("`, `")));
                }
            }
            // What is wrong in one round is so in the others.
            if self.report.len() > mistakes {
                break;
            }
            match i {
                0 => first_len = self.nodes.len() - begin,
                // Equal rounds give equal messages.
                _ if self.nodes.len() - node == first_len => {
                    for copy in node..self.nodes.len() {
                        let first = begin + copy - node;
                        self.nodes[copy].copies = Some(self.nodes[first].copies.unwrap_or(first));
                    }
                }
                _ => {}
            }
        }
        self.prefix = outer;
    }

    /// `if stride != 1 { .. } else { .. }`: the steps of one branch, as if they stood here.
    pub(super) fn chosen(&mut self, condition: &Expr, then: &[Step], otherwise: &[Step]) {
        match value(condition) {
            Some(Known::Bool(true)) => self.steps(then),
            Some(Known::Bool(false)) => self.steps(otherwise),
            // The condition is an argument of the template that is checked: both branches are looked at.
            _ if self.definition => {
                let begin = self.current;
                self.scopes.push(scope::Scope::default());
                self.steps(otherwise);
                self.used[self.current] = true;
                self.scopes.pop();
                self.current = begin;
                self.steps(then);
                self.used[begin] = true;
            }
            known => {
                let why = match known {
                    Some(_) => "which is neither `true` nor `false`",
                    None => {
                        "whose value is not known while the macro expands; literals, arguments of a template and comparisons of them are"
                    }
                };
                self.unsound = true;
                let note = self.template_note();
                self.report.add(condition, format_args!("`if` depends on `{}`, {why}{note}", text::of(condition)));
            }
        }
    }
}

/// The items of a list that is written out; None for others.
fn items(list: &Expr) -> Option<Vec<TokenStream>> {
    match literal(list) {
        Expr::Array(array) => Some(array.elems.iter().map(ToTokens::to_token_stream).collect()),
        Expr::Range(range) => {
            let whole = |end: &Option<Box<Expr>>| match value(end.as_ref()?)? {
                Known::Whole(number) => Some(number),
                _ => None,
            };
            let (start, end) = (whole(&range.start)?, whole(&range.end)?);
            let end = if matches!(range.limits, RangeLimits::Closed(_)) { end + 1 } else { end };
            if start < 0 || end - start > MOST_ROUNDS {
                return None;
            }
            Some((start..end).map(|number| proc_macro2::Literal::i128_unsuffixed(number).into_token_stream()).collect())
        }
        _ => None,
    }
}

/// The tokens that each word stands for.
fn bind(words: &[Ident], item: &TokenStream) -> Option<HashMap<String, TokenStream>> {
    let values: Vec<TokenStream> = match words {
        [_] => vec![item.clone()],
        _ => match literal(&syn::parse2::<Expr>(item.clone()).ok()?) {
            Expr::Tuple(tuple) => tuple.elems.iter().map(ToTokens::to_token_stream).collect(),
            _ => return None,
        },
    };
    let bound = || words.iter().map(ToString::to_string).zip(values.iter().map(|value| grouped(value.clone()))).collect();
    (values.len() == words.len()).then(bound)
}

/// Several tokens remain one operand.
fn grouped(tokens: TokenStream) -> TokenStream {
    if tokens.clone().into_iter().count() <= 1 {
        return tokens;
    }
    let group = proc_macro2::Group::new(proc_macro2::Delimiter::None, tokens);
    quote!(#group)
}

/// A value that is known while the macro expands.
#[derive(Debug, PartialEq)]
enum Known {
    Whole(i128),
    Bool(bool),
    /// A bare word, such as the name of a layer.
    Word(String),
}

fn value(expression: &Expr) -> Option<Known> {
    Some(match literal(expression) {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Known::Whole(number.base10_parse().ok()?),
        Expr::Lit(ExprLit { lit: Lit::Bool(bool), .. }) => Known::Bool(bool.value),
        Expr::Unary(unary) => match (&unary.op, value(&unary.expr)?) {
            (UnOp::Not(_), Known::Bool(bool)) => Known::Bool(!bool),
            (UnOp::Neg(_), Known::Whole(number)) => Known::Whole(number.checked_neg()?),
            _ => return None,
        },
        // A layer with arguments.
        Expr::Call(call) => value(&call.func)?,
        Expr::Path(path) => {
            let word = path.path.get_ident()?.to_string();
            // Constants begin with a capital too; only layers are known here.
            crate::layers::find(&word)?;
            Known::Word(word)
        }
        Expr::Binary(binary) => {
            let (left, right) = (value(&binary.left), value(&binary.right));
            match (&binary.op, left, right) {
                (BinOp::And(_), Some(Known::Bool(false)), _) => Known::Bool(false),
                (BinOp::Or(_), Some(Known::Bool(true)), _) => Known::Bool(true),
                (op, Some(left), Some(right)) => combined(op, left, right)?,
                _ => return None,
            }
        }
        _ => return None,
    })
}

fn combined(op: &BinOp, left: Known, right: Known) -> Option<Known> {
    use Known::{Bool, Whole};
    Some(match (op, left, right) {
        (BinOp::Eq(_), left, right) if same_kind(&left, &right) => Bool(left == right),
        (BinOp::Ne(_), left, right) if same_kind(&left, &right) => Bool(left != right),
        (BinOp::And(_), Bool(a), Bool(b)) => Bool(a && b),
        (BinOp::Or(_), Bool(a), Bool(b)) => Bool(a || b),
        (BinOp::Lt(_), Whole(a), Whole(b)) => Bool(a < b),
        (BinOp::Le(_), Whole(a), Whole(b)) => Bool(a <= b),
        (BinOp::Gt(_), Whole(a), Whole(b)) => Bool(a > b),
        (BinOp::Ge(_), Whole(a), Whole(b)) => Bool(a >= b),
        (BinOp::Add(_), Whole(a), Whole(b)) => Whole(a.checked_add(b)?),
        (BinOp::Sub(_), Whole(a), Whole(b)) => Whole(a.checked_sub(b)?),
        (BinOp::Mul(_), Whole(a), Whole(b)) => Whole(a.checked_mul(b)?),
        (BinOp::Div(_), Whole(a), Whole(b)) => Whole(a.checked_div(b)?),
        (BinOp::Rem(_), Whole(a), Whole(b)) => Whole(a.checked_rem(b)?),
        _ => return None,
    })
}

fn same_kind(left: &Known, right: &Known) -> bool {
    std::mem::discriminant(left) == std::mem::discriminant(right)
}

#[cfg(test)]
mod tests;
