//! `Split`, `Slice` and `Unpack`: copies of strips.

use layercake_ir::{Shape, ops};

use super::{Layer, Reads, Site};
use crate::{
    kernels::strips::{self, Strips},
    plan::runs_as,
};

/// A part of a value along an axis.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    /// The number of elements of the part's strip (its axis and the axes after it), for one image.
    strip: usize,
    /// The position of the first strip.
    first: usize,
    /// The distance between strips.
    row: usize,
}

impl Split {
    /// One of the equal parts of a value of this shape.
    pub fn new(op: &ops::Split, input: &Shape) -> Self {
        let row: usize = input.dims()[op.axis..].iter().product();
        let strip = row / op.parts;
        Self { strip, first: op.index * strip, row }
    }

    /// The part of a value of this shape between two places of the axis.
    pub fn slice(op: &ops::Slice, input: &Shape) -> Self {
        let inner: usize = input.dims()[op.axis + 1..].iter().product();
        Self { strip: (op.end - op.start) * inner, first: op.start * inner, row: input.dim(op.axis) * inner }
    }
}

impl Split {
    /// Some rows of a packed value of this shape.
    pub fn unpack(op: &ops::Unpack, input: &Shape) -> Self {
        let width = input.dim(1);
        let rows = if op.which == 0 { input.dim(0) - op.first() } else { op.layers };
        Self { strip: rows * width, first: op.first() * width, row: input.len() }
    }
}

impl Layer for Split {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let [len, first, from] = [self.strip, self.first, self.row].map(|elements| elements * at.images());
        strips::put(Strips { len, from, to: len }, &at.x(0)[first..], y, false);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        if !add {
            dx.fill(0.0);
        }
        let [len, first, to] = [self.strip, self.first, self.row].map(|elements| elements * at.images());
        strips::put(Strips { len, from: len, to }, dy, &mut dx[first..], add);
    }
}

runs_as! {
    Split: |op, at| Split::new(op, at.input());
    Slice: |op, at| Split::slice(op, at.input());
    Select: |op, at| Split::slice(&ops::Slice { axis: op.axis, start: op.index, end: op.index + 1 }, at.input());
    Unpack: |op, at| Split::unpack(op, at.input());
}
