//! The errors of shape rules, and the token that each is about.

use crate::{Shape, Text};

/// The part of a layer's declaration that a mistake is about. The macro underlines the token that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The layer as a whole: its name.
    Layer,
    /// The stated input size: `400` in `Linear(400 -> 120)`.
    In,
    /// The output size: `120` in `Linear(400 -> 120)`; the declared `-> Shape` of a step.
    Out,
    /// The option of this name.
    Option(&'static str),
    /// The branch of this number, from 0, of a layer that joins several.
    Branch(usize),
}

impl Part {
    /// The initialization of the weights, an option of every layer that has any.
    pub const INIT: Part = Part::Option("init");

    /// The option's name in `network!`; `None` for the layer itself and its sizes.
    pub const fn option(self) -> Option<&'static str> {
        match self {
            Part::Option(name) => Some(name),
            _ => None,
        }
    }

    /// Equality, usable in const contexts.
    pub const fn same(self, other: Part) -> bool {
        match (self, other) {
            (Part::Layer, Part::Layer) | (Part::In, Part::In) | (Part::Out, Part::Out) => true,
            (Part::Option(a), Part::Option(b)) => same(a, b),
            (Part::Branch(a), Part::Branch(b)) => a == b,
            _ => false,
        }
    }
}

/// Equality of texts, usable in const contexts.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The error of a shape rule: a layer does not accept its input or its options.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    /// The part to underline.
    pub part: Part,
    /// What is wrong: one lower-case sentence with the layer's name and the sizes in decimals.
    pub text: Text,
    /// What to write instead, if known; else empty.
    pub help: Text,
}

impl Mistake {
    /// A mistake without advice.
    pub const fn new(part: Part, text: Text) -> Self {
        Self { part, text, help: Text::new() }
    }

    /// Adds what to write instead.
    pub const fn help(mut self, help: Text) -> Self {
        self.help = help;
        self
    }

    /// Adds the layer's kind after its name if the text says what the layer expects, since users name their layers: "`fc1` (Linear) expects".
    pub(crate) const fn of_kind(mut self, kind: &str, site: &Site) -> Self {
        let (name, text) = (site.start(), self.text);
        let (bytes, from) = (text.as_str().as_bytes(), name.as_str().len());
        let expects = b" expects ";
        let mut i = 0;
        while i < expects.len() {
            if from + i >= bytes.len() || bytes[from + i] != expects[i] {
                return self;
            }
            i += 1;
        }
        let start = name.str(" (").str(kind).str(")");
        self.text = match core::str::from_utf8(bytes.split_at(from).1) {
            Ok(rest) => start.str(rest),
            Err(_) => text,
        };
        self
    }

    /// The text as it is shown, with the help on its own line.
    pub const fn message(&self) -> Text {
        if self.help.is_empty() { self.text } else { self.text.str("\nhelp: ").text(&self.help) }
    }
}

impl core::fmt::Display for Mistake {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.message().fmt(f)
    }
}

impl core::error::Error for Mistake {}

/// The position of a layer in its network, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The layer's name, given or generated.
    pub layer: &'a str,
    /// The name of the layer that its input comes from; empty for the network's own input.
    pub source: &'a str,
    /// The input's shape of the source, if the source is a `Flatten`.
    pub flattened: Option<Shape>,
    /// Like `source`, for the other inputs.
    pub others: &'a [&'a str],
    /// Whether joined values must have one shape: in `Residual`, where a size of 1 beside another is rather a mistake.
    pub exact: bool,
}

impl Site<'_> {
    /// The start of a sentence: the layer's name in backticks.
    pub const fn start(&self) -> Text {
        Text::new().name(self.layer)
    }

    /// Appends where the input comes from: "from `pool2`" or "from the network's input".
    pub const fn from(&self, text: Text) -> Text {
        from(text, self.source)
    }

    /// Appends where input `i` comes from.
    pub const fn from_nth(&self, text: Text, i: usize) -> Text {
        if i == 0 {
            self.from(text)
        } else if i <= self.others.len() {
            from(text, self.others[i - 1])
        } else {
            text
        }
    }

    /// Appends "[16, 5, 5] from `pool2`".
    pub const fn received(&self, text: Text, input: &Shape) -> Text {
        self.from(text.shape(input).str(" "))
    }
}

const fn from(text: Text, source: &str) -> Text {
    if source.is_empty() { text.str("from the network's input") } else { text.str("from ").name(source) }
}

/// For generated code: fails to compile with the mistake's message if there is one and it is about `part`. A layer emits one call per part,
/// each with the span of that part's token, so that the compiler underlines exactly this token. `Part::Layer` also covers the parts that the user
/// did not write, which are listed in `rest`.
#[track_caller]
pub const fn blame<T: Copy>(outcome: &Result<T, Mistake>, part: Part, rest: &[Part]) {
    blame_in(outcome, part, rest, "");
}

/// For constants: fails to compile if there is a mistake in any part.
#[track_caller]
pub const fn blame_all<T: Copy>(outcome: &Result<T, Mistake>) {
    if let Err(mistake) = outcome {
        panic!("{}", mistake.message().as_str());
    }
}

/// [`blame`] with a note on the position of the layer.
#[track_caller]
pub const fn blame_in<T: Copy>(outcome: &Result<T, Mistake>, part: Part, rest: &[Part], note: &str) {
    if let Err(mistake) = outcome {
        let mut mine = mistake.part.same(part);
        let mut i = 0;
        while i < rest.len() {
            mine = mine || mistake.part.same(rest[i]);
            i += 1;
        }
        if mine {
            panic!("{}", mistake.message().str(note).as_str());
        }
    }
}
