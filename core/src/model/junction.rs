//! Checks that the fields of a `#[model(forward)]` struct fit together, during constant evaluation. The shapes of a network are constants; those of
//! some dfdx modules follow from the type; those of other fields are not known.

use layercake_ir::{RUNTIME_LENGTH, Shape, Text};

/// The input and output shapes of a field, for one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ports {
    /// Not known.
    Unknown,
    /// Fixed shapes.
    Fixed {
        /// The input.
        input: Shape,
        /// The output.
        output: Shape,
    },
    /// The last axis changes; there may be others before it.
    Last {
        /// The size of the last axis of the input.
        input: usize,
        /// The size of the last axis of the output.
        output: usize,
    },
    /// Any shape, which is kept.
    Same,
}

/// What is known of the value between two fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flow {
    /// Nothing.
    Unknown,
    /// The size of its last axis.
    Last(usize),
    /// All sizes.
    Known(Shape),
}

impl Ports {
    /// This, or the other if nothing is known.
    #[must_use]
    pub const fn or(self, other: Ports) -> Ports {
        if let Ports::Unknown = self { other } else { self }
    }

    /// The field applied repeatedly: its output is its next input.
    #[must_use]
    pub const fn repeated(self) -> Ports {
        match self {
            Ports::Fixed { input, .. } => Ports::Fixed { input, output: input },
            Ports::Last { input, .. } => Ports::Last { input, output: input },
            other => other,
        }
    }

    /// The input with a longer axis, if that axis may be a length known only at run time: it is [`RUNTIME_LENGTH`] in a network's constants, but a
    /// fixed size may be the same number. [`Shape::UNKNOWN`] if no shape is known.
    #[must_use]
    pub const fn stretched(&self, axis: usize) -> Shape {
        match *self {
            Ports::Fixed { input, .. } if input.dim(axis) == RUNTIME_LENGTH => input.with_dim(axis, RUNTIME_LENGTH + 1),
            Ports::Fixed { input, .. } => input,
            _ => Shape::UNKNOWN,
        }
    }

    /// Forgets the shapes of a field that accepts one of its lengthened inputs: they depend on a length.
    #[must_use]
    pub const fn unless_it_takes(self, stretched: [bool; layercake_ir::MAX_RANK]) -> Ports {
        if let Ports::Fixed { input, .. } = self {
            let mut axis = 0;
            while axis < input.rank() {
                if input.dim(axis) == RUNTIME_LENGTH && stretched[axis] {
                    return Ports::Unknown;
                }
                axis += 1;
            }
        }
        self
    }

    /// Forgets the shapes of a field that may depend on a length.
    #[must_use]
    pub const fn unless_it_may_stretch(self) -> Ports {
        self.unless_it_takes([true; layercake_ir::MAX_RANK])
    }

    /// Whether the field can take its own output.
    #[must_use]
    pub const fn repeats(&self) -> bool {
        match self {
            Ports::Fixed { input, output } => input.same(output),
            Ports::Last { input, output } => *input == *output,
            Ports::Unknown | Ports::Same => true,
        }
    }

    /// All fields, one after the other.
    #[must_use]
    pub const fn chain(fields: &[Ports]) -> Ports {
        let mut all = Ports::Same;
        let mut i = 0;
        while i < fields.len() {
            all = all.then(fields[i]);
            i += 1;
        }
        all
    }

    const fn then(self, next: Ports) -> Ports {
        match (self, next) {
            (Ports::Same, other) | (other, Ports::Same) => other,
            (Ports::Fixed { input, output }, next) => match Flow::Known(output).after(&next) {
                Flow::Known(output) => Ports::Fixed { input, output },
                _ => Ports::Unknown,
            },
            (Ports::Last { input, .. }, Ports::Last { output, .. }) => Ports::Last { input, output },
            (Ports::Last { input: last, .. }, Ports::Fixed { input, output }) => Ports::Fixed { input: with_last(input, last), output },
            _ => Ports::Unknown,
        }
    }
}

impl Flow {
    /// The output of a field for this input.
    #[must_use]
    pub const fn after(self, field: &Ports) -> Flow {
        match (*field, self) {
            (Ports::Unknown, _) => Flow::Unknown,
            (Ports::Fixed { output, .. }, _) => Flow::Known(output),
            (Ports::Last { output, .. }, Flow::Known(shape)) => Flow::Known(with_last(shape, output)),
            (Ports::Last { output, .. }, _) => Flow::Last(output),
            (Ports::Same, flow) => flow,
        }
    }

    /// The input shape of the field; [`Shape::UNKNOWN`] unless all of it is known.
    #[must_use]
    pub const fn taken_by(self, field: &Ports) -> Shape {
        match (*field, self) {
            (Ports::Fixed { input, .. }, _) => input,
            (Ports::Last { input, .. }, Flow::Known(shape)) => with_last(shape, input),
            (Ports::Same, Flow::Known(shape)) => shape,
            _ => Shape::UNKNOWN,
        }
    }

    /// Fails to compile if the field `name` cannot take this output of the field `source`. Unknown shapes are accepted.
    ///
    /// # Panics
    /// Panics if the field cannot take this shape; during constant evaluation this is the compile error.
    #[track_caller]
    pub const fn enters(self, field: &Ports, name: &str, source: &str) {
        let fits = match (*field, self) {
            (Ports::Fixed { input, .. }, Flow::Known(shape)) => input.same(&shape),
            (Ports::Fixed { input, .. }, Flow::Last(size)) => last(input) == size,
            (Ports::Last { input, .. }, Flow::Known(shape)) => last(shape) == input,
            (Ports::Last { input, .. }, Flow::Last(size)) => size == input,
            _ => true,
        };
        if fits {
            return;
        }
        let text = Text::new().name(name).str(" takes ");
        let text = match *field {
            Ports::Fixed { input, .. } => text.shape(&input),
            Ports::Last { input, .. } => text.count(input, "feature"),
            _ => text,
        };
        let text = match self {
            Flow::Known(shape) => text.str(", but receives ").shape(&shape),
            Flow::Last(size) => text.str(", but receives ").count(size, "feature"),
            Flow::Unknown => text,
        };
        panic!("{}", text.str(" from ").name(source).as_str());
    }
}

/// Fails to compile if a field that is applied several times cannot take its own output.
///
/// # Panics
/// Panics if the field cannot take its own output; during constant evaluation this is the compile error.
#[track_caller]
pub const fn again(field: &Ports, name: &str) {
    if field.repeats() {
        return;
    }
    let text = Text::new().str("each of ").name(name).str(" takes ");
    let text = match *field {
        Ports::Fixed { input, output } => text.shape(&input).str(", but the one before it gives ").shape(&output),
        Ports::Last { input, output } => text.count(input, "feature").str(", but the one before it gives ").count(output, "feature"),
        Ports::Unknown | Ports::Same => text,
    };
    panic!("{}", text.as_str());
}

/// The size of the last axis; 0 if there is none.
const fn last(shape: Shape) -> usize {
    if shape.rank() == 0 { 0 } else { shape.dim(shape.rank() - 1) }
}

const fn with_last(shape: Shape, size: usize) -> Shape {
    if shape.rank() == 0 { shape } else { shape.with_dim(shape.rank() - 1, size) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: Shape = Shape::new(&[3, 8, 8]);
    const ROW: Shape = Shape::new(&[10]);
    const NET: Ports = Ports::Fixed { input: IMAGE, output: ROW };
    const LINEAR: Ports = Ports::Last { input: 10, output: 4 };

    #[test]
    fn chains() {
        let chain = Ports::chain;
        assert_eq!(chain(&[]), Ports::Same);
        assert_eq!(chain(&[Ports::Same, NET, Ports::Same]), NET);
        assert_eq!(chain(&[NET, LINEAR]), Ports::Fixed { input: IMAGE, output: Shape::new(&[4]) });
        assert_eq!(chain(&[LINEAR, Ports::Same, Ports::Last { input: 4, output: 9 }]), Ports::Last { input: 10, output: 9 });
        let wide = Ports::Fixed { input: Shape::new(&[5, 4]), output: ROW };
        assert_eq!(chain(&[LINEAR, wide]), Ports::Fixed { input: Shape::new(&[5, 10]), output: ROW });
        for unknown in [&[NET, Ports::Unknown][..], &[Ports::Unknown, NET], &[LINEAR, Ports::Unknown]] {
            assert_eq!(chain(unknown), Ports::Unknown);
        }
        // A field with unknown shapes does not affect the check of the fields after it.
        assert_eq!(Flow::Unknown.after(&Ports::Unknown).after(&NET).after(&LINEAR), Flow::Known(Shape::new(&[4])));
        assert_eq!(Flow::Unknown.after(&LINEAR), Flow::Last(4));
    }

    #[test]
    fn mismatches() {
        let message = |flow: Flow, field: Ports| {
            let caught = std::panic::catch_unwind(|| flow.enters(&field, "b", "a"));
            caught.err().map(|panic| *panic.downcast::<String>().unwrap())
        };
        let refused = |flow, field, text: &str| assert_eq!(message(flow, field).as_deref(), Some(text));
        refused(Flow::Known(ROW), NET, "`b` takes [3, 8, 8], but receives [10] from `a`");
        refused(Flow::Last(9), NET, "`b` takes [3, 8, 8], but receives 9 features from `a`");
        refused(Flow::Known(IMAGE), LINEAR, "`b` takes 10 features, but receives [3, 8, 8] from `a`");
        refused(Flow::Last(1), LINEAR, "`b` takes 10 features, but receives 1 feature from `a`");
        for (flow, field) in [(Flow::Known(IMAGE), NET), (Flow::Known(ROW), LINEAR), (Flow::Last(10), LINEAR), (Flow::Last(8), NET)] {
            assert_eq!(message(flow, field), None);
        }
        for flow in [Flow::Unknown, Flow::Known(ROW), Flow::Last(3)] {
            assert_eq!((message(flow, Ports::Unknown), message(flow, Ports::Same)), (None, None));
        }
        assert_eq!((message(Flow::Unknown, NET), message(Flow::Unknown, LINEAR)), (None, None));
    }
}
