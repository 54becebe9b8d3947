//! The specification of an operation: everything about it that is data.
//!
//! Each file under `ops/` declares one with `operation!` (`declare.rs`), next to the shape rule. The macro, graph files, drawings, the guide and the
//! tests read it; none of them has a table of its own.

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

/// The specification of an operation, independent of the values of its options.
pub struct Spec {
    /// The layer's name in `network!`, which is PyTorch's.
    pub kind: &'static str,
    /// The variant of [`Op`], and the struct in [`crate::ops`].
    pub variant: &'static str,
    /// The lines of its documentation.
    pub docs: &'static [&'static str],
    /// Its family of layers.
    pub family: Family,
    /// The options: the fields of the struct, in order.
    pub fields: &'static [Choice],
    /// The arguments of PyTorch's layer, in its order: an option's name; `theirs: ours` if PyTorch spells it differently; `theirs: -` if there is
    /// no such option here.
    pub torch: &'static [&'static str],
    /// How many of these may be positional, as in PyTorch, besides those of [`Spec::positions`].
    pub by_place: usize,
    /// Other libraries' names for the layer, in lower case and without underscores.
    pub others: &'static [&'static str],
    /// Its inputs.
    pub inputs: Inputs,
    /// The symbol of an elementwise join in drawings, where it is shown in a circle; empty for other operations.
    pub sign: &'static str,
    /// For a join of exactly two values, the message about a third one; empty for other operations.
    pub two: &'static str,
    /// The names of its outputs, if it has several that are named; by default they are numbered.
    pub outputs: &'static [&'static str],
    /// What is known of the output's shape without the shape rule.
    pub outline: Outline,
    /// Its field in a network's struct, for a layer that owns tensors.
    pub module: Option<Module>,
    /// The option of another layer that makes that layer this operation.
    pub variation: Option<Variation>,
    /// How it is written.
    pub example: &'static str,
    /// An input shape for the example, as it is written in `network!`.
    pub sample: &'static str,
    /// Whether it works on sequences.
    pub sequence: Sequence,
    /// Whether it computes a variance over the batch in training, for which one value is not enough.
    pub needs_variance: bool,
    /// Builds the operation from its options, each requested by name. Returns the name of the first option that is missing or of another kind.
    pub make: Make,
}

/// Builds an operation from the values of its options.
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
    /// One input.
    One,
    /// One input of token ids.
    Ids,
    /// Several inputs of the same shape, joined elementwise.
    Alike,
    /// Several inputs, each with its own meaning.
    Several,
    /// A sequence and, optionally, initial states of these names.
    States(&'static [&'static str]),
    /// One value, of which only the number of samples matters.
    Batch,
    /// One value and, by name, others that may be left out: `key = memory`.
    Named(&'static [&'static str]),
    /// The inputs of a network or custom layer.
    Any,
}

/// Whether a layer works on sequences, `[length, ..]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// Never.
    Never,
    /// Always.
    Always,
    /// If its output has two axes.
    OfTwoAxes,
}

/// The positional arguments of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Positions {
    /// None.
    None,
    /// `in -> out`, or `out`.
    InOut {
        /// The option with the input size.
        input: &'static str,
        /// The option with the output size.
        output: &'static str,
        /// What they count: channels or features.
        what: &'static str,
    },
    /// One size, which may be left out.
    Features(&'static str),
    /// One argument, which may also be written with its name.
    Option(&'static str),
    /// Any number of sizes, which may also be written as a tuple with its name.
    List(&'static str),
}

impl core::fmt::Debug for Spec {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.kind)
    }
}

impl Spec {
    /// The defaults: a layer of one input that keeps its shape.
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
        sign: "",
        two: "",
        outputs: &[],
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

    /// The prefix of generated layer names: `batch_norm2d`.
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

    /// The options that may be written with their name.
    pub fn options(&self) -> impl Iterator<Item = &'static Choice> + use<> {
        self.fields.iter().filter(|field| matches!(field.place, Place::Named | Place::First))
    }

    /// Whether it has no such options.
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

    /// The positional arguments.
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

    /// PyTorch's arguments in order: PyTorch's name and the option's name, if there is one.
    pub fn torch_arguments(&self) -> impl Iterator<Item = (&'static str, Option<&'static str>)> + use<> {
        self.torch.iter().map(|argument| match argument.split_once(": ") {
            Some((theirs, "-")) => (theirs, None),
            Some((theirs, ours)) => (theirs, Some(ours)),
            None => (*argument, Some(*argument)),
        })
    }

    /// The name of output `index`: `h_n`, or its number.
    pub fn output_name(&self, index: usize) -> String {
        self.outputs.get(index).map_or_else(|| index.to_string(), |name| (*name).to_owned())
    }

    /// The documentation as one text.
    pub fn about(&self) -> String {
        let lines: Vec<&str> = self.docs.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        lines.join("\n")
    }
}
