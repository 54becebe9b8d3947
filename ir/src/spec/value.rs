//! The values of options in a form that is the same for all operations.

use super::{Sizes, Words};

/// What values an option takes.
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
    List {
        /// May one be left out?
        inferred: bool,
    },
}

/// The value of an option.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A whole number; [`crate::INFER`] for one that is left out.
    Size(usize),
    /// `[height, width]`
    Pair([usize; 2]),
    /// A number.
    Float(f64),
    /// A switch.
    Bool(bool),
    /// A word of [`Kind::Word`].
    Word(&'static str),
    /// Several whole numbers.
    List(Sizes),
}

/// The type of an operation's field.
pub trait OptionValue: Sized {
    /// What values it takes.
    const KIND: Kind;

    /// The value in the form that is the same for all.
    fn value(&self) -> Value;

    /// The value of that form; None if it is of another kind, or a word that the option does not have.
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
    Sizes: Kind::List { inferred: false }, List;
}
