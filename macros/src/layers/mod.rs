//! The layers of the language: one row each. Everything about arguments is driven by this table.

mod habits;
mod outline;
mod rows;
mod torch;

use layercake_ir::ops::Words;
use layercake_ir::{Op, Part};

pub use habits::{Foreign, Meant, foreign, meant, unsupported_option};
pub use rows::{UNPACK, all, is_join, states};
pub use torch::order;

use crate::settings::Known;
use crate::spelling;

/// One layer.
pub struct Row {
    /// Its name in `network!`.
    pub kind: &'static str,
    /// Where a layer has no name: this and a number.
    pub prefix: &'static str,
    /// The variant of [`Op`].
    pub variant: &'static str,
    /// The arguments without a name.
    pub positions: Positions,
    /// The arguments with a name.
    pub options: &'static [Choice],
    /// The operation, where every argument is a number.
    pub build: fn(&Known) -> Op,
    /// What is known of the output without the shape rule.
    pub outline: Outline,
    /// The field in the struct, for a layer that owns tensors.
    pub field: Option<Field>,
    /// How it is written, for messages.
    pub example: &'static str,
}

/// What the arguments without a name are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Positions {
    /// None at all.
    None,
    /// `in -> out`, or `out`: the fields of the operation, and what they count.
    InOut { input: &'static str, output: &'static str, what: &'static str },
    /// One size, which may be left out: the field of the operation.
    Features(&'static str),
    /// One, which may also be written with its name: an option's.
    Option(&'static str),
    /// Any number of them, which may also be written as a tuple with a name: an option's.
    List(&'static str),
}

/// An argument with a name; the operation's field has the same one.
pub struct Choice {
    pub name: &'static str,
    pub kind: Kind,
    pub default: Default,
    /// The part that a shape rule blames for its mistakes.
    pub part: Option<Part>,
}

/// What values an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Size,
    /// `[height, width]`, or one number for both.
    Pair,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
    /// One of a few words.
    Word(&'static Words),
    /// Several whole numbers. With `inferred`, `_` may stand for one.
    List { inferred: bool },
}

/// The value of an argument that is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// It must be given.
    Required,
    /// The shape rule finds it: a size left out, an empty list.
    Infer,
    /// A size, or a pair of it twice.
    Size(usize),
    Float(f64),
    Bool(bool),
    Word(&'static str),
    /// The value of another option, which stands before it in the table.
    Same(&'static str),
}

/// What is known of a layer's output when its rule cannot be asked, because a size is a constant expression or a mistake came before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outline {
    /// The input's shape.
    Same,
    /// The input's shape with the last size replaced by this setting.
    Last(&'static str),
    /// A map: channels from this setting or from the input, height and width unknown.
    Map(Option<&'static str>),
    /// One size, unknown.
    Flat,
    /// A sequence of channels: channels from this setting or from the input, length unknown.
    Line(Option<&'static str>),
    /// The first size alone.
    First,
    /// As many sizes as the input has, all unknown.
    Rank,
    /// The input's without as many as this list has, all unknown.
    Fewer(&'static str),
    /// The sizes of this list.
    List(&'static str),
    /// The ids' sizes, and behind them this of an [`layercake_ir::ops::Embedding`].
    Embedded,
    /// A sequence of states as long as the input, or the last of them alone.
    Steps,
    /// A part of what a recurrent layer gives.
    Unpacked,
}

/// How a layer with tensors stands in the struct.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// The type, in `layercake::layers`.
    pub layer: &'static str,
    /// Its sizes.
    pub axes: Axes,
    /// Parameters behind the sizes: these settings.
    pub given: &'static [&'static str],
    /// Its last parameter: this setting, if it has one.
    pub switch: Option<&'static str>,
}

/// The sizes in the type of a layer with tensors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Axes {
    /// The sizes of these (tensor, axis), one parameter each.
    Of(&'static [(usize, usize)]),
    /// The sizes of these (tensor by its name, axis), one parameter each; 0 where there is no such tensor.
    Named(&'static [(&'static str, usize)]),
    /// The whole shape of the layer's first tensor as one parameter, `(Const<16>, Const<5>)`; as many axes as this list has, or one.
    Shape(&'static str),
}

impl Row {
    /// The value that an option has in the example.
    pub fn shown(&self, option: &str) -> &'static str {
        let value = self.example.split_once(&format!("{option} = ")).map_or("..", |(_, value)| value);
        value.split([',', ')']).next().unwrap_or(value)
    }

    /// The option of this name.
    pub fn option(&self, name: &str) -> Option<&'static Choice> {
        self.options.iter().find(|option| option.name == name)
    }
}

/// The row of this exact name.
pub fn find(kind: &str) -> Option<&'static Row> {
    all().find(|row| row.kind == kind)
}

/// The row whose name was probably meant: the same letters in another case, or a slip of the keyboard.
pub fn nearest(kind: &str) -> Option<&'static Row> {
    // A layer for images is no misspelling of one for sequences.
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let own = digits(kind);
    let kinds: Vec<&str> =
        all().map(|row| row.kind).filter(|kind| own.is_empty() || digits(kind).is_empty() || digits(kind) == own).collect();
    spelling::nearest(kind, &kinds).and_then(find)
}

/// The row of this name but for its case and underscores: `LSTM`, `max_pool2d`.
pub fn in_other_letters(kind: &str) -> Option<&'static Row> {
    let plain = |text: &str| text.to_lowercase().replace('_', "");
    let own = plain(kind);
    all().find(|row| plain(row.kind) == own)
}

/// Does a word stand for a layer, be it misspelt?
pub fn resembles(kind: &str) -> bool {
    kind.starts_with(char::is_uppercase) || nearest(kind).is_some()
}

/// Does this layer take the options of another, which it names?
pub fn is_unpool(row: &Row) -> bool {
    row.kind == "MaxUnpool2d"
}

/// Is this the name of a step that holds other steps?
pub fn is_combinator(kind: &str) -> bool {
    matches!(kind, "Residual" | "Repeat" | "Sequential") || find(kind).is_some_and(is_join)
}

#[cfg(test)]
mod guide;
#[cfg(test)]
mod tests;
