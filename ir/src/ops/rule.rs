//! What all operations share: names, and the call of the shape rules.

use super::{MOST, Op, Recurrent};
use crate::spec::Inputs;
use crate::{Mistake, Part, Shape, Site, Text};

impl Op {
    /// The layer's name in `network!`, which is PyTorch's.
    pub const fn kind(&self) -> &'static str {
        self.spec().kind
    }

    /// The name of output `index`, for an operation with several outputs: `h_n`.
    pub fn output_name(&self, index: usize) -> String {
        match self {
            Op::Subgraph(op) => op.graph.outputs()[index].name().to_owned(),
            _ => self.spec().output_name(index),
        }
    }

    /// The operation as a recurrent layer, if it is one.
    pub const fn recurrent(&self) -> Option<Recurrent> {
        match self {
            Op::Rnn(op) => Some(op.view()),
            Op::Lstm(op) => Some(op.view()),
            Op::Gru(op) => Some(op.view()),
            _ => None,
        }
    }

    /// Whether the operation accepts token ids.
    const fn takes_ids(&self) -> bool {
        matches!(self.spec().inputs, Inputs::Ids | Inputs::Batch | Inputs::Any)
    }

    /// The shape rule: fills in the sizes that were left out ([`crate::INFER`]) and computes the output's shape.
    ///
    /// # Errors
    /// A [`Mistake`] if the operation does not accept these inputs or its options contradict each other. An input of [`Shape::UNKNOWN`] gives an
    /// unknown output and no mistake, since its cause has been reported already.
    pub const fn infer(self, inputs: &[Shape], site: &Site) -> Result<(Op, Shape), Mistake> {
        let mut i = 0;
        while i < inputs.len() {
            if inputs[i].is_unknown() {
                return Ok((self, Shape::UNKNOWN));
            }
            if inputs[i].is_ids() && !self.takes_ids() {
                let text = site.start().str(" expects numbers, but receives token ids: ").shape(&inputs[i]).str(" ");
                let help = Text::new().str("put `Embedding(65 -> 64)` before it, for ids below 65 and 64 features of each");
                let part = if i == 0 { Part::Layer } else { Part::Branch(i) };
                return Err(Mistake::new(part, site.from_nth(text, i)).help(help).of_kind(self.kind(), site));
            }
            i += 1;
        }
        let outcome = self.rule(inputs, site);
        if let Err(mistake) = &outcome {
            return Err(mistake.of_kind(self.kind(), site));
        }
        if let Ok((op, output)) = &outcome
            && !output.is_unknown()
            && (output.len() > MOST || op.params().count() > MOST)
        {
            let text = site.start().str(" gives ").shape(output).str(", which does not fit in memory");
            return Err(Mistake::new(Part::Layer, text));
        }
        outcome
    }
}

/// The only input of an operation that takes one.
pub(crate) const fn single<'a>(inputs: &'a [Shape], site: &Site) -> Result<&'a Shape, Mistake> {
    match inputs {
        [input] => Ok(input),
        _ => {
            let text = site.start().str(" expects one input, but receives ").num(inputs.len());
            Err(Mistake::new(Part::Layer, text))
        }
    }
}
