//! One option of an operation.

use super::{Kind, Label, Sizes, Value};
use crate::mistake::same;
use crate::{INFER, Part};

/// An option: a field of the operation, and an argument of the layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The field's name, which is the argument's.
    pub name: &'static str,
    /// The lines of its documentation.
    pub docs: &'static [&'static str],
    /// What values it takes.
    pub kind: Kind,
    /// Its value where it is not given.
    pub default: Default,
    /// Where it is written.
    pub place: Place,
    /// How a drawing says it.
    pub label: Label,
    /// Does a drawing say it where it has its default too?
    pub always: bool,
    /// Its name in graph files, where that is another.
    pub stored: Option<&'static str>,
    inferred: bool,
}

/// The value of an option that is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// It must be given.
    Required,
    /// The shape rule finds it: a size left out, an empty list.
    Infer,
    /// A size, or a pair of it twice.
    Size(usize),
    /// A number.
    Float(f64),
    /// A switch.
    Bool(bool),
    /// A word.
    Word(&'static str),
    /// The value of another option, which stands before it.
    Same(&'static str),
}

/// Where an option is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind the others, with its name.
    Named,
    /// First, and there its name may be left out.
    First,
    /// Without a name: the size before the arrow, or the only size, which may be left out.
    In,
    /// Without a name: the size behind the arrow.
    Out,
    /// Nowhere: the macro sets it.
    Hidden,
}

impl Choice {
    const fn new(default: Default) -> Self {
        let (place, label) = (Place::Named, Label::Plain);
        Self { name: "", docs: &[], kind: Kind::Bool, default, place, label, always: false, stored: None, inferred: false }
    }

    /// One that must be given.
    pub(crate) const fn required() -> Self {
        Self::new(Default::Required)
    }

    /// One that the shape rule finds where it is not given.
    pub(crate) const fn infer() -> Self {
        Self::new(Default::Infer)
    }

    /// One of this size, or of a pair of it twice.
    pub(crate) const fn size(size: usize) -> Self {
        Self::new(Default::Size(size))
    }

    /// One of this number.
    pub(crate) const fn float(number: f64) -> Self {
        Self::new(Default::Float(number))
    }

    /// A switch. `other` is what a drawing says where it is the other way.
    pub(crate) const fn switch(on: bool, other: &'static str) -> Self {
        Self::new(Default::Bool(on)).label(Label::Switch(other))
    }

    /// One of this word.
    pub(crate) const fn word(word: &'static str) -> Self {
        Self::new(Default::Word(word))
    }

    /// One that is as another, which stands before it.
    pub(crate) const fn same(other: &'static str) -> Self {
        Self::new(Default::Same(other))
    }

    /// The size before the arrow, which may be left out.
    pub(crate) const fn input() -> Self {
        Self::infer().place(Place::In).label(Label::Hidden)
    }

    /// The size behind the arrow.
    pub(crate) const fn output() -> Self {
        Self::required().place(Place::Out)
    }

    /// One that the macro sets.
    pub(crate) const fn hidden() -> Self {
        Self::required().place(Place::Hidden).label(Label::Hidden)
    }

    /// Bias or none.
    pub(crate) const fn bias() -> Self {
        Self::switch(true, "no bias")
    }

    /// It may stand first, without its name.
    pub(crate) const fn first(self) -> Self {
        self.place(Place::First)
    }

    const fn place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// How a drawing says it.
    pub(crate) const fn label(mut self, label: Label) -> Self {
        self.label = label;
        self
    }

    /// A drawing says it where it has its default too.
    pub(crate) const fn always(mut self) -> Self {
        self.always = true;
        self
    }

    /// How graph files call it.
    pub(crate) const fn stored(mut self, name: &'static str) -> Self {
        self.stored = Some(name);
        self
    }

    /// One of its sizes may be left out.
    pub(crate) const fn with_inferred(mut self) -> Self {
        self.inferred = true;
        self
    }

    /// With what the declaration says of it.
    pub(crate) const fn of(mut self, name: &'static str, docs: &'static [&'static str], kind: Kind) -> Self {
        self.name = name;
        self.docs = docs;
        self.kind = match kind {
            Kind::List { .. } => Kind::List { inferred: self.inferred },
            kind => kind,
        };
        self
    }

    /// Does a shape rule that blames `part` mean this option?
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

    /// The part that a shape rule blames for what is wrong with it.
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

    /// Its value where it is not given, if it has one by itself: `others` gives those of the options before it.
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
