//! Copies of strips: `Chunk`, `Split`, `Slice`, `Select`, and single outputs of a layer that computes all its outputs in one buffer.

use std::sync::Arc;

use layercake_ir::{Shape, ops};

use super::{Alias, Layer, Reads, Site};
use crate::{
    EngineError,
    kernels::strips,
    plan::{At, Runnable, runs_as},
};

/// Strips of equal length at equal distances in a buffer. All numbers are elements of one image.
#[derive(Clone, Copy, Debug)]
pub struct Strips {
    /// The position of the first strip.
    pub first: usize,
    /// The number of elements of a strip.
    pub strip: usize,
    /// The distance between strips.
    pub row: usize,
}

impl Strips {
    /// The part of a value of this shape between two positions of an axis.
    fn between(start: usize, end: usize, axis: usize, input: &Shape) -> Self {
        let inner: usize = input.dims()[axis + 1..].iter().product();
        Self { first: start * inner, strip: (end - start) * inner, row: input.dim(axis) * inner }
    }
}

impl Layer for Strips {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let [len, first, from] = [self.strip, self.first, self.row].map(|elements| elements * at.images());
        strips::put(strips::Strips { len, from, to: len }, &at.x(0)[first..], y, false);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        if !add {
            dx.fill(0.0);
        }
        let [len, first, to] = [self.strip, self.first, self.row].map(|elements| elements * at.images());
        strips::put(strips::Strips { len, from: len, to }, dy, &mut dx[first..], add);
    }
}

runs_as! {
    Slice: |op, at| Strips::between(op.start, op.end, op.axis, at.input());
    Select: |op, at| Strips::between(op.index, op.index + 1, op.axis, at.input());
}

/// Implements [`Runnable`] for operations that split: the input is the buffer of all outputs, and each output is a part of it along the axis.
macro_rules! splits {
    ($($op:ident)*) => {
        $(impl Runnable for ops::$op {
            /// A single part is the whole input.
            fn layer(&self, _: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
                Ok(Arc::new(Alias))
            }

            fn whole(&self, at: &At<'_>) -> Shape {
                *at.input()
            }

            fn part(&self, at: &At<'_>, index: usize) -> Strips {
                let start = at.node().shapes().take(index).map(|shape| shape.dim(self.axis)).sum();
                Strips::between(start, start + at.node().shape(index).dim(self.axis), self.axis, at.input())
            }
        })*
    };
}

splits!(Chunk Split);
