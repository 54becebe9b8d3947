//! The values of options, in a form common to all operations.

use super::{Sizes, Words};
use crate::MAX_RANK;

/// The type of an option's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An integer.
    Size,
    /// `[height, width]`, or one number for both.
    Pair,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
    /// One of a few words.
    Word(&'static Words),
    /// A list of integers.
    List {
        /// Whether one of them may be `_`.
        inferred: bool,
        /// The maximum number of items.
        most: usize,
    },
}

/// The value of an option.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// An integer; [`crate::INFER`] for one that is left out.
    Size(usize),
    /// `[height, width]`
    Pair([usize; 2]),
    /// A number.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A word of [`Kind::Word`].
    Word(&'static str),
    /// A list of integers.
    List(Sizes),
}

/// The type of an operation's field.
pub trait OptionValue: Sized {
    /// The type of its values.
    const KIND: Kind;

    /// Converts to the common form.
    fn value(&self) -> Value;

    /// Converts from the common form; None for a value of another kind or an unknown word.
    fn of(value: Value) -> Option<Self>;
}

macro_rules! option_values {
    ($($ty:ty: $kind:expr, $variant:ident;)*) => {
        $(impl OptionValue for $ty {
            const KIND: Kind = $kind;

            fn value(&self) -> Value {
                Value::$variant(*self)
            }

            fn of(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }
        })*
    };
}

option_values! {
    usize: Kind::Size, Size;
    [usize; 2]: Kind::Pair, Pair;
    f64: Kind::Float, Float;
    bool: Kind::Bool, Bool;
    Sizes: Kind::List { inferred: false, most: MAX_RANK }, List;
}
