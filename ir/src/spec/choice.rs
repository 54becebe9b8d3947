//! One option of an operation.

use super::{Kind, Label, Sizes, Value};
use crate::mistake::same;
use crate::{INFER, MAX_RANK, Part};

/// An option: a field of the operation, and an argument of the layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The name of the field and of the argument.
    pub name: &'static str,
    /// The lines of its documentation.
    pub docs: &'static [&'static str],
    /// The type of its values.
    pub kind: Kind,
    /// Its value if it is not given.
    pub default: Default,
    /// Where it is written.
    pub place: Place,
    /// Its label in drawings.
    pub label: Label,
    /// Whether drawings show its default too.
    pub always: bool,
    /// Its name in graph files, if that differs.
    pub stored: Option<&'static str>,
    inferred: bool,
    most: usize,
}

/// The value of an option that is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// It must be given.
    Required,
    /// The shape rule infers it: a size left out, an empty list.
    Infer,
    /// A size, or a pair with this size twice.
    Size(usize),
    /// A number.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A word.
    Word(&'static str),
    /// The value of another option, which is declared before it.
    Same(&'static str),
}

/// Where an option is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// By name only.
    Named,
    /// As the first positional argument, or by name.
    First,
    /// As the input size: before the arrow, or the only size. It may be left out.
    In,
    /// As the output size, after the arrow.
    Out,
    /// Nowhere: the macro sets it.
    Hidden,
}

impl Choice {
    const fn new(default: Default) -> Self {
        let (place, label) = (Place::Named, Label::Plain);
        Self { name: "", docs: &[], kind: Kind::Bool, default, place, label, always: false, stored: None, inferred: false, most: MAX_RANK }
    }

    /// A required option.
    pub(crate) const fn required() -> Self {
        Self::new(Default::Required)
    }

    /// An option that the shape rule infers if it is not given.
    pub(crate) const fn infer() -> Self {
        Self::new(Default::Infer)
    }

    /// An option with this size, or a pair of it, as default.
    pub(crate) const fn size(size: usize) -> Self {
        Self::new(Default::Size(size))
    }

    /// An option with this number as default.
    pub(crate) const fn float(number: f64) -> Self {
        Self::new(Default::Float(number))
    }

    /// A boolean with this default. `other` is its label in drawings if it differs.
    pub(crate) const fn switch(on: bool, other: &'static str) -> Self {
        Self::new(Default::Bool(on)).label(Label::Switch(other))
    }

    /// An option with this word as default.
    pub(crate) const fn word(word: &'static str) -> Self {
        Self::new(Default::Word(word))
    }

    /// An option whose default is the value of another, which is declared before it.
    pub(crate) const fn same(other: &'static str) -> Self {
        Self::new(Default::Same(other))
    }

    /// The input size, which may be left out.
    pub(crate) const fn input() -> Self {
        Self::infer().place(Place::In).label(Label::Hidden)
    }

    /// The output size.
    pub(crate) const fn output() -> Self {
        Self::required().place(Place::Out)
    }

    /// An option that the macro sets.
    pub(crate) const fn hidden() -> Self {
        Self::required().place(Place::Hidden).label(Label::Hidden)
    }

    /// Which named inputs are given, which the macro sets. Graph files may omit it.
    pub(crate) const fn given() -> Self {
        Self::new(Default::Bool(false)).place(Place::Hidden).label(Label::Hidden)
    }

    /// The option `bias`.
    pub(crate) const fn bias() -> Self {
        Self::switch(true, "no bias")
    }

    /// Makes it the first positional argument.
    pub(crate) const fn first(self) -> Self {
        self.place(Place::First)
    }

    const fn place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Sets its label in drawings.
    pub(crate) const fn label(mut self, label: Label) -> Self {
        self.label = label;
        self
    }

    /// Makes drawings show its default too.
    pub(crate) const fn always(mut self) -> Self {
        self.always = true;
        self
    }

    /// Sets its name in graph files.
    pub(crate) const fn stored(mut self, name: &'static str) -> Self {
        self.stored = Some(name);
        self
    }

    /// Allows `_` for one of its sizes.
    pub(crate) const fn with_inferred(mut self) -> Self {
        self.inferred = true;
        self
    }

    /// Sets the maximum length of a list; the default is that of a shape.
    pub(crate) const fn of_up_to(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Adds name, documentation and type from the declaration.
    pub(crate) const fn of(mut self, name: &'static str, docs: &'static [&'static str], kind: Kind) -> Self {
        self.name = name;
        self.docs = docs;
        self.kind = match kind {
            Kind::List { .. } => Kind::List { inferred: self.inferred, most: self.most },
            kind => kind,
        };
        self
    }

    /// Whether `part` is this option.
    pub(crate) const fn is_blamed(&self, name: &str, part: Part) -> bool {
        match self.place {
            Place::In => part.same(Part::In),
            Place::Out => part.same(Part::Out),
            _ => match part.option() {
                Some(option) => same(option, name),
                None => false,
            },
        }
    }

    /// The part of this option in mistakes.
    pub const fn part(&self) -> Part {
        match self.place {
            Place::In => Part::In,
            Place::Out => Part::Out,
            _ => Part::Option(self.name),
        }
    }

    /// Its name in graph files.
    pub fn stored_name(&self) -> &'static str {
        self.stored.unwrap_or(self.name)
    }

    /// Its default value, if it has one; `others` returns the values of the options before it.
    pub fn default_value(&self, others: impl Fn(&str) -> Option<Value>) -> Option<Value> {
        Some(match (self.default, self.kind) {
            (Default::Required, _) => return None,
            (Default::Same(other), _) => return others(other),
            (Default::Infer, Kind::List { .. }) => Value::List(Sizes::NONE),
            (Default::Infer, Kind::Pair) => Value::Pair([INFER; 2]),
            (Default::Infer, _) => Value::Size(INFER),
            (Default::Size(size), Kind::Pair) => Value::Pair([size; 2]),
            (Default::Size(size), _) => Value::Size(size),
            (Default::Float(number), _) => Value::Float(number),
            (Default::Bool(on), _) => Value::Bool(on),
            (Default::Word(word), _) => Value::Word(word),
        })
    }
}
