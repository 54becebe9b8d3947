//! `Concat`: copies, a strip of each input behind the other.

use layercake_ir::Shape;

use super::{Layer, Reads, Site};
use crate::{
    kernels::strips::{self, Strips},
    plan::runs_as,
};

/// Values one behind the other along an axis.
#[derive(Clone, Debug)]
pub struct Concat {
    /// Elements of each input's strip, for one image: its axis and those after it.
    strips: Vec<usize>,
    /// Elements of all strips.
    row: usize,
}

impl Concat {
    /// Along an axis, the batch not counted.
    pub fn new<'a>(inputs: impl Iterator<Item = &'a Shape>, axis: usize) -> Self {
        let strips: Vec<usize> = inputs.map(|shape| shape.dims()[axis..].iter().product()).collect();
        Self { row: strips.iter().sum(), strips }
    }

    /// Where an input's strips are in the output, and how long.
    fn strips(&self, input: usize, images: usize) -> (usize, usize) {
        (self.strips[..input].iter().sum::<usize>() * images, self.strips[input] * images)
    }
}

impl Layer for Concat {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        for input in 0..self.strips.len() {
            let (first, len) = self.strips(input, at.images());
            strips::put(Strips { len, from: len, to: self.row * at.images() }, at.x(input), &mut y[first..], false);
        }
    }

    fn input_grad(&self, input: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        let (first, len) = self.strips(input, at.images());
        strips::put(Strips { len, from: self.row * at.images(), to: len }, &dy[first..], dx, add);
    }
}

runs_as! {
    Concat: |op, at| Concat::new(at.node().inputs().iter().map(|&value| at.graph.shape(value)), op.axis);
}
