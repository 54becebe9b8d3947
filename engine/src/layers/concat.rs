//! `Concat`: copies a strip of each input, one after the other.

use layercake_ir::Shape;

use super::{
    Layer, Reads, Site,
    channels::{Form, Joint},
};
use crate::{
    kernels::strips::{self, Strips},
    plan::runs_as,
};

/// Concatenates values along an axis.
#[derive(Clone, Debug)]
pub struct Concat {
    /// For each input, the number of elements of a strip (its axis and the axes after it), for one image.
    strips: Vec<usize>,
    /// The number of elements of all strips together.
    row: usize,
}

impl Concat {
    /// Along an axis, counted without the batch.
    pub fn new<'a>(inputs: impl Iterator<Item = &'a Shape>, axis: usize) -> Self {
        let strips: Vec<usize> = inputs.map(|shape| shape.dims()[axis..].iter().product()).collect();
        Self { row: strips.iter().sum(), strips }
    }

    /// The position and the length of an input's strips in the output.
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
    Concat: |op, at| Concat::new(at.node().inputs().iter().map(|&value| at.graph.shape(value)), op.axis), |op, at, _given| {
        let shapes = at.node().inputs().iter().map(|&value| at.graph.shape(value));
        (op.axis == 0).then(|| Form::channels(Joint::new(shapes)))
    };
}
