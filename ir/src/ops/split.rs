//! Splitting.

use crate::{Mistake, Part, Shape, Site};

/// One of the equal parts of a value along an axis. `Split(2)` is one such operation for each part.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Split {
    /// How many parts there are.
    pub parts: usize,
    /// Which one this is, from 0.
    pub index: usize,
    /// The axis, the batch not counted: 0 is the channels of an image.
    pub axis: usize,
}

impl Split {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.axis >= input.rank() {
            let text = site.received(site.start().str(" splits along axis ").num(self.axis).str(", but receives "), input);
            return Err(Mistake::new(Part::Axis, text).help(super::axis::last(input)));
        }
        if self.parts == 0 {
            return Err(Mistake::new(Part::Out, site.start().str(" splits into 0 parts; there must be at least 1")));
        }
        if self.index >= self.parts {
            let text = site.start().str(" takes part ").num(self.index).str(", but splits into ").count(self.parts, "part");
            return Err(Mistake::new(Part::Out, text.str(", counted from 0")));
        }
        let size = input.dim(self.axis);
        if !size.is_multiple_of(self.parts) {
            let text = site.start().str(" cannot split axis ").num(self.axis).str(" of ");
            let text = site.received(text, input).str(" into ").num(self.parts).str(" equal parts");
            return Err(Mistake::new(Part::Out, text));
        }
        Ok((self, input.with_dim(self.axis, size / self.parts)))
    }
}
