//! `LocalResponseNorm`.

use layercake_ir::{Shape, ops};

use super::{Layer, Reads, Site};
use crate::{
    kernels::response_norm::{self, Response},
    plan::runs_as,
};

/// A local response normalization.
#[derive(Clone, Copy, Debug)]
pub struct ResponseNorm {
    response: Response,
    /// The number of elements of a channel.
    positions: usize,
}

impl ResponseNorm {
    /// The layer for images of this shape.
    pub fn new(op: &ops::LocalResponseNorm, input: &Shape) -> Self {
        let share = (op.alpha / op.size as f64) as f32;
        let channels = input.dim(0);
        let response = Response { size: op.size, share, beta: op.beta as f32, k: op.k as f32, channels };
        Self { response, positions: input.len() / channels }
    }
}

impl Layer for ResponseNorm {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        [0, if backward { 2 * self.response.channels * self.positions * images } else { 0 }]
    }

    fn takes_activation(&self) -> bool {
        true
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        response_norm::forward(&self.response, self.positions * at.images(), at.x(0), y);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        let (row, x) = (self.positions * at.images(), at.x(0));
        response_norm::backward(&self.response, row, [x, dy], dx, add, &mut at.spare[..2 * x.len()]);
    }
}

runs_as! {
    LocalResponseNorm: |op, at| ResponseNorm::new(op, at.input());
}
