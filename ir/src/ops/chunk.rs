//! Splitting into equal parts.

use super::prelude::*;
use crate::MAX_VALUES;

operation! {
    /// Splits a value along an axis into equal parts: PyTorch's `chunk`. Each part is an output: `Chunk(2) as (a, b)`.
    pub struct Chunk("Chunk"): Shape {
        /// The number of parts.
        chunks: usize = Choice::required().first(),
        /// The axis, counted from 0 without the batch: 0 is the channels of an image.
        axis: usize = Choice::size(0),
    }
    has(infer, label, outputs)
    torch: &["chunks", "dim: axis"],
    outline: Outline::Rank,
    example: "Chunk(2) as (a, b)",
}

impl Chunk {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = axis::check(self.axis, Part::Option("axis"), input, site) {
            return Err(mistake);
        }
        if self.chunks == 0 {
            return Err(Mistake::new(Part::Option("chunks"), site.start().str(" splits into 0 parts; there must be at least 1")));
        }
        if self.chunks > MAX_VALUES {
            let text =
                site.start().str(" splits into ").num(self.chunks).str(" parts; a network has at most ").num(MAX_VALUES).str(" values");
            return Err(Mistake::new(Part::Option("chunks"), text));
        }
        let size = input.dim(self.axis);
        if !size.is_multiple_of(self.chunks) {
            let text = site.start().str(" cannot split axis ").num(self.axis).str(" of ");
            let text = site.received(text, input).str(" into ").num(self.chunks).str(" equal parts");
            return Err(Mistake::new(Part::Option("chunks"), text).help(sizes(size, self.chunks)));
        }
        Ok((self, input.with_dim(self.axis, size / self.chunks)))
    }

    pub(crate) fn label(&self, _: &Shape) -> String {
        let axis = if self.axis == 0 { String::new() } else { format!(", axis {}", self.axis) };
        format!("{}{axis}", self.chunks)
    }

    pub(crate) const fn outputs(&self) -> usize {
        self.chunks
    }

    pub(crate) const fn further(&self, _: usize, _: &[Shape], first: &Shape) -> Shape {
        *first
    }
}

/// The help for an axis that cannot be split equally: the sizes of PyTorch's `chunk`, if `Split` can express them.
const fn sizes(size: usize, chunks: usize) -> Text {
    let each = size.div_ceil(chunks);
    let count = size.div_ceil(each);
    if chunks > Sizes::MOST || count < chunks {
        return Text::new().str("`Split` takes the size of each part");
    }
    let mut text = Text::new().str("for unequal parts write `Split([");
    let mut i = 0;
    while i < count {
        text = if i > 0 { text.str(", ") } else { text };
        text = text.num(if i + 1 < count { each } else { size - i * each });
        i += 1;
    }
    text.str("])`")
}
