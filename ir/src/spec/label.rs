//! Labels of an operation's options in drawings.

use super::{Choice, Value};
use crate::{INFER, Op, Shape};

/// The label of an option in drawings. An option with its default value is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Never shown.
    Hidden,
    /// The value alone: `6`, `5×5`, `[3, 32]`, `tanh`.
    Plain,
    /// A word before the value: `stride 2`.
    Named(&'static str),
    /// The value and what it counts: `4 heads`.
    Counted(&'static str),
    /// The value and a word after it: `last step`.
    Followed(&'static str),
    /// A word before a pair in full: `to 5×5`.
    Sized(&'static str),
    /// A word before a list without brackets: `axes 1 2`.
    List(&'static str),
    /// The text for a boolean that differs from its default.
    Switch(&'static str),
    /// The axis, if the input has more than one.
    Axis,
}

impl Op {
    /// The label of the options in drawings: those that differ from their defaults. `input` is the shape of the first input.
    pub fn label(&self, input: &Shape) -> String {
        if let Some(own) = self.own_label(input) {
            return own;
        }
        let values = self.values();
        let named = |name: &str| self.spec().fields.iter().position(|field| field.name == name).map(|at| values[at]);
        let mut words = Vec::new();
        for (field, value) in self.spec().fields.iter().zip(&values) {
            if field.always || (field.default_value(named) != Some(*value) && !is_left_out(value)) {
                words.extend(word(field, value, input));
            }
        }
        words.join(", ")
    }
}

fn is_left_out(value: &Value) -> bool {
    *value == Value::Size(INFER)
}

fn word(field: &Choice, value: &Value, input: &Shape) -> Option<String> {
    match field.label {
        Label::Hidden => None,
        Label::Plain => Some(match value {
            Value::Pair([height, width]) => format!("{height}×{width}"),
            value => text(value),
        }),
        Label::Named(word) => Some(format!("{word} {}", text(value))),
        Label::Counted(what) => {
            let one = *value == Value::Size(1);
            Some(format!("{} {what}{}", text(value), if one { "" } else { "s" }))
        }
        Label::Followed(word) => Some(format!("{} {word}", text(value))),
        Label::Sized(word) => Some(match value {
            Value::Pair([height, width]) => format!("{word} {height}×{width}"),
            value => format!("{word} {}", text(value)),
        }),
        Label::List(word) => {
            let list = text(value).replace(['[', ']', ','], "");
            Some(if word.is_empty() { list } else { format!("{word} {list}") })
        }
        Label::Switch(word) => Some(word.to_owned()),
        Label::Axis => (input.rank() > 1).then(|| format!("axis {}", text(value))),
    }
}

/// `2`, or `1×2` if the axes differ.
fn text(value: &Value) -> String {
    match value {
        Value::Size(size) => size.to_string(),
        Value::Pair([height, width]) if height == width => height.to_string(),
        Value::Pair([height, width]) => format!("{height}×{width}"),
        Value::Float(number) => number.to_string(),
        Value::Bool(on) => on.to_string(),
        Value::Word(word) => (*word).to_owned(),
        Value::List(list) => {
            let sizes: Vec<String> = list.as_slice().iter().map(usize::to_string).collect();
            format!("[{}]", sizes.join(", "))
        }
    }
}
