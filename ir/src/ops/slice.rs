//! Slicing.

use super::prelude::*;

operation! {
    /// The elements `start..end` along an axis, PyTorch's `x[.., start:end, ..]`. `end` defaults to the end of the axis. Any shape.
    pub struct Slice("Slice"): Shape {
        /// The axis, counted from 0 without the batch: 0 is the channels of an image. [`INFER`] if the input has one axis.
        axis: usize = Choice::infer(),
        /// The first index of the slice.
        start: usize = Choice::size(0),
        /// The index after the last one; [`INFER`] for the end of the axis.
        end: usize = Choice::infer(),
    }
    has(infer, label)
    outline: Outline::Rank,
    example: "Slice(axis = 0, start = 1, end = 3)",
}

impl Slice {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match axis::of(self.axis, input, site) {
            Ok(axis) => self.axis = axis,
            Err(mistake) => return Err(mistake),
        }
        let size = input.dim(self.axis);
        let end = if self.end == INFER { size } else { self.end };
        let what = site.start().str(" slices ").num(self.start).str("..").num(end).str(" along axis ").num(self.axis);
        if end > size {
            return Err(Mistake::new(Part::Option("end"), site.received(what.str(", but receives "), input)));
        }
        if self.start >= end {
            let part = if self.start >= size { Part::Option("start") } else { Part::Option("end") };
            return Err(Mistake::new(part, site.received(what.str(", which is empty, of "), input)));
        }
        self.end = end;
        Ok((self, input.with_dim(self.axis, end - self.start)))
    }

    pub(crate) fn label(&self, input: &Shape) -> String {
        let end = if self.end == INFER { "the end".to_owned() } else { self.end.to_string() };
        let axis = if input.rank() > 1 { format!(", axis {}", self.axis) } else { String::new() };
        format!("{} to {end}{axis}", self.start)
    }
}
