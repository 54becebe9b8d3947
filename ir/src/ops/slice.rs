//! A part of a value.

use super::softmax::check_axis;
use crate::{INFER, Mistake, Part, Shape, Site};

/// The elements from `start` to before `end` along an axis, PyTorch's `x[.., start:end, ..]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Slice {
    /// The axis, the batch not counted: 0 is the channels of an image. [`INFER`] takes the only one there is.
    pub axis: usize,
    /// The first that is taken.
    pub start: usize,
    /// The first that is not; [`INFER`] takes all to the end.
    pub end: usize,
}

impl Slice {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match check_axis(self.axis, input, site) {
            Ok(axis) => self.axis = axis,
            Err(mistake) => return Err(mistake),
        }
        let size = input.dim(self.axis);
        let end = if self.end == INFER { size } else { self.end };
        let what = site.start().str(" takes ").num(self.start).str(" to ").num(end).str(" along axis ").num(self.axis);
        if end > size {
            return Err(Mistake::new(Part::End, site.received(what.str(", but receives "), input)));
        }
        if self.start >= end {
            let part = if self.start >= size { Part::Start } else { Part::End };
            return Err(Mistake::new(part, site.received(what.str(", which is nothing, of "), input)));
        }
        self.end = end;
        Ok((self, input.with_dim(self.axis, end - self.start)))
    }
}
