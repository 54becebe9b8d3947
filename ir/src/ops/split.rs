//! Splitting.

use super::prelude::*;

operation! {
    /// One of the equal parts of a value along an axis. `Split(2)` is one such operation for each part.
    pub struct Split("Split"): Shape {
        /// How many parts there are.
        parts: usize = Choice::required().first(),
        /// Which one this is, from 0.
        index: usize = Choice::hidden(),
        /// The axis, the batch not counted: 0 is the channels of an image.
        axis: usize = Choice::size(0),
    }
    has(infer, label)
    outline: Outline::Rank,
    example: "Split(2) as (a, b)",
}

impl Split {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.axis >= input.rank() {
            let text = site.received(site.start().str(" splits along axis ").num(self.axis).str(", but receives "), input);
            return Err(Mistake::new(Part::Option("axis"), text).help(axis::last(input)));
        }
        if self.parts == 0 {
            return Err(Mistake::new(Part::Option("parts"), site.start().str(" splits into 0 parts; there must be at least 1")));
        }
        if self.index >= self.parts {
            let text = site.start().str(" takes part ").num(self.index).str(", but splits into ").count(self.parts, "part");
            return Err(Mistake::new(Part::Option("parts"), text.str(", counted from 0")));
        }
        let size = input.dim(self.axis);
        if !size.is_multiple_of(self.parts) {
            let text = site.start().str(" cannot split axis ").num(self.axis).str(" of ");
            let text = site.received(text, input).str(" into ").num(self.parts).str(" equal parts");
            return Err(Mistake::new(Part::Option("parts"), text));
        }
        Ok((self, input.with_dim(self.axis, size / self.parts)))
    }

    pub(crate) fn label(&self, _: &Shape) -> String {
        let axis = if self.axis == 0 { String::new() } else { format!(", axis {}", self.axis) };
        format!("{} of {}{axis}", self.index + 1, self.parts)
    }
}
