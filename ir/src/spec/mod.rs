//! The specification of an operation: everything about it that is data.
//!
//! Each file under `ops/` states one with `operation!` (`declare.rs`), beside the rule. The macro, graph files, drawings, the guide and the tests
//! read it; none of them has a table of its own.

mod choice;
mod declare;
mod family;
mod initial;
mod label;
mod module;
mod sizes;
mod value;
mod words;

pub use choice::{Choice, Default, Place};
pub(crate) use declare::{absent, operation};
pub use family::Family;
pub use initial::Initial;
pub use label::Label;
pub use module::{Axes, Module, Outline};
pub use sizes::Sizes;
pub use value::{Kind, OptionValue, Value};
pub use words::Words;
pub(crate) use words::words;

use crate::Op;

/// What is known of an operation before it has options.
pub struct Spec {
    /// The layer's name in `network!`, which is PyTorch's.
    pub kind: &'static str,
    /// The variant of [`Op`], and the struct in [`crate::ops`].
    pub variant: &'static str,
    /// The lines of its documentation.
    pub docs: &'static [&'static str],
    /// Layers that a reader sees as alike.
    pub family: Family,
    /// The options: the fields of the struct, in order.
    pub fields: &'static [Choice],
    /// The arguments of PyTorch's layer, in its order: an option's name here; `theirs: ours` where PyTorch spells it otherwise; `theirs: -`
    /// for one that has no counterpart.
    pub torch: &'static [&'static str],
    /// So many of these may be written by place, as PyTorch takes them, besides those of [`Spec::positions`].
    pub by_place: usize,
    /// What other libraries call the layer, in lower case and without underscores.
    pub others: &'static [&'static str],
    /// What it takes.
    pub inputs: Inputs,
    /// What is known of the output without the shape rule.
    pub outline: Outline,
    /// How it stands in a network's struct, for a layer that owns tensors.
    pub module: Option<Module>,
    /// The option of another layer that makes that layer this operation.
    pub variation: Option<Variation>,
    /// How it is written.
    pub example: &'static str,
    /// A shape that the example works on, as `network!` has it.
    pub sample: &'static str,
    /// Does it see a sequence as such, whose steps see each other?
    pub sequence: Sequence,
    /// Does it estimate a variance over the batch while training, so that one value is not enough?
    pub needs_variance: bool,
    /// Makes the operation of its options: each is asked for by its name. The name of the first that is missing or of another kind comes back.
    pub make: Make,
}

/// Makes an operation of its options' values.
pub type Make = fn(&mut dyn FnMut(&'static Choice) -> Option<Value>) -> Result<Op, &'static str>;

/// An option of a layer that makes it another operation, whose specification this is part of: `Linear(8, drop_connect = 0.5)` is a `DropConnect`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variation {
    /// The layer that is written.
    pub of: &'static str,
    /// Its option.
    pub option: &'static str,
    /// The option of this operation that takes the value.
    pub field: &'static str,
    /// What the layer does without the option, for the guide.
    pub without: &'static str,
}

/// What values an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// One.
    One,
    /// One, of token ids.
    Ids,
    /// Values of one shape, joined element by element.
    Alike,
    /// Several, each with a meaning of its own.
    Several,
    /// A sequence, and perhaps the states that it begins with, which have these names.
    States(&'static [&'static str]),
    /// Whatever the network or the module takes that stands here.
    Any,
}

/// Does a layer work on `[length, ..]`?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// No.
    Never,
    /// Always.
    Always,
    /// Where its output has two axes.
    OfTwoAxes,
}

/// The arguments without a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Positions {
    /// None at all.
    None,
    /// `in -> out`, or `out`: the options, and what they count.
    InOut {
        /// The size in.
        input: &'static str,
        /// The size out.
        output: &'static str,
        /// Channels or features.
        what: &'static str,
    },
    /// One size, which may be left out.
    Features(&'static str),
    /// One, which may also be written with its name.
    Option(&'static str),
    /// Any number of them, which may also be written as a tuple with a name.
    List(&'static str),
}

impl core::fmt::Debug for Spec {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.kind)
    }
}

impl Spec {
    /// A layer of one input that leaves the shape as it is.
    pub(crate) const PLAIN: Spec = Spec {
        kind: "",
        variant: "",
        docs: &[],
        family: Family::Other,
        fields: &[],
        torch: &[],
        by_place: 0,
        others: &[],
        inputs: Inputs::One,
        outline: Outline::Same,
        module: None,
        variation: None,
        example: "",
        sample: "[6, 9, 8]",
        sequence: Sequence::Never,
        needs_variance: false,
        make: |_| Err(""),
    };

    /// The specification of the operation of this name.
    pub fn named(kind: &str) -> Option<&'static Spec> {
        Op::SPECS.iter().copied().find(|spec| spec.kind == kind)
    }

    /// The layer's name in code and where the user gave none: `batch_norm2d`.
    pub fn prefix(&self) -> String {
        let mut prefix = String::new();
        for (i, letter) in self.variant.char_indices() {
            if letter.is_uppercase() && i > 0 {
                prefix.push('_');
            }
            prefix.extend(letter.to_lowercase());
        }
        prefix
    }

    /// The options that are written with a name.
    pub fn options(&self) -> impl Iterator<Item = &'static Choice> + use<> {
        self.fields.iter().filter(|field| matches!(field.place, Place::Named | Place::First))
    }

    /// Has it none of these?
    pub fn has_no_options(&self) -> bool {
        self.options().next().is_none()
    }

    /// The option of this name.
    pub fn option(&self, name: &str) -> Option<&'static Choice> {
        self.options().find(|option| option.name == name)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Choice> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The arguments without a name.
    pub fn positions(&self) -> Positions {
        let placed = |place| self.fields.iter().find(|field| field.place == place);
        match (placed(Place::In), placed(Place::Out)) {
            (Some(input), Some(output)) => {
                let what = if output.name.ends_with("channels") { "channels" } else { "features" };
                return Positions::InOut { input: input.name, output: output.name, what };
            }
            (Some(input), None) => return Positions::Features(input.name),
            _ => {}
        }
        match placed(Place::First) {
            Some(first) if matches!(first.kind, Kind::List { .. }) => Positions::List(first.name),
            Some(first) => Positions::Option(first.name),
            None => Positions::None,
        }
    }

    /// PyTorch's arguments in order: its spelling, and the name here, if it has a counterpart.
    pub fn torch_arguments(&self) -> impl Iterator<Item = (&'static str, Option<&'static str>)> + use<> {
        self.torch.iter().map(|argument| match argument.split_once(": ") {
            Some((theirs, "-")) => (theirs, None),
            Some((theirs, ours)) => (theirs, Some(ours)),
            None => (*argument, Some(*argument)),
        })
    }

    /// The documentation as one text.
    pub fn about(&self) -> String {
        let lines: Vec<&str> = self.docs.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        lines.join("\n")
    }
}
