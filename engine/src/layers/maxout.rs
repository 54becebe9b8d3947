//! `Maxout`: a linear layer, and the maximum of each feature's pieces.

use std::sync::Arc;

use layercake_ir::{Shape, ops};

use super::{Dense, Held, Layer, Reads, Site, Weights, linear};
use crate::{
    EngineError,
    kernels::runs::{self, Run, Runs},
    plan::{At, Runnable},
};

/// The maximum of several linear functions.
#[derive(Clone, Debug)]
pub struct Maxout {
    /// The linear layer of all pieces.
    dense: Dense,
    /// The maximum over the pieces of each feature.
    pieces: Runs,
}

/// The parts of the scratch memory.
struct Parts<'a> {
    /// The outputs of all pieces.
    values: &'a mut [f32],
    /// Their gradients.
    grads: &'a mut [f32],
    /// The maxima.
    maxima: &'a mut [f32],
    /// The number of pieces that share each maximum.
    counts: &'a mut [f32],
    /// The input as the weights' gradient reads it.
    turned: &'a mut [f32],
}

impl Maxout {
    /// The layer for an input of this shape.
    pub fn new(op: &ops::Maxout, input: &Shape) -> Self {
        let list = (0..op.pieces).map(|from| Run { from, to: 0, len: 1, weight: 1.0 }).collect();
        Self {
            dense: Dense {
                rows: input.len() / op.in_features,
                inputs: op.in_features,
                outputs: op.out_features * op.pieces,
                bias: op.bias,
            },
            pieces: Runs { list, from: op.pieces, to: 1, alone: op.pieces == 1 },
        }
    }

    /// The number of outputs of all pieces for one image.
    fn values(&self) -> usize {
        self.dense.rows * self.dense.outputs
    }

    fn parts<'a>(&self, images: usize, scratch: &'a mut [f32]) -> Parts<'a> {
        let (values, rest) = scratch.split_at_mut(self.values() * images);
        let (grads, rest) = rest.split_at_mut(self.values() * images);
        let (maxima, rest) = rest.split_at_mut(self.values() / self.pieces.from * images);
        let (counts, turned) = rest.split_at_mut(images);
        Parts { values, grads, maxima, counts, turned }
    }
}

impl Layer for Maxout {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        let values = self.values();
        let rest = values + values / self.pieces.from + 1 + self.dense.rows * self.dense.inputs;
        [(values + if backward { rest } else { 0 }) * images, 0]
    }

    fn takes_activation(&self) -> bool {
        true
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (images, x) = (at.images(), at.x(0));
        let values = &mut at.scratch[..self.values() * images];
        linear::forward(&self.dense, images, &at.params[0], self.dense.bias.then(|| at.params[1].as_slice()), x, values);
        runs::max_forward(&self.pieces, images, values, y);
    }

    /// Computes the maxima again and stores the gradients of the pieces in the scratch memory.
    fn param_grads(&self, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        let (images, x) = (at.images(), at.x(0));
        let parts = self.parts(images, at.scratch);
        linear::forward(&self.dense, images, &at.params[0], self.dense.bias.then(|| at.params[1].as_slice()), x, parts.values);
        runs::max_forward(&self.pieces, images, parts.values, parts.maxima);
        parts.grads.fill(0.0);
        runs::max_backward(&self.pieces, images, [parts.values, parts.maxima, dy], parts.grads, parts.counts);
        linear::turn(&self.dense, images, x, parts.turned);
        let held = Held { images, x, dy: parts.grads, scratch: parts.turned, kept: &[] };
        self.dense.rows(held, 0, &mut grads[0], add);
        if self.dense.bias {
            Weights::bias(&self.dense, held, &mut grads[1], add);
        }
    }

    fn input_grad(&self, _: usize, at: &mut Site, _: &[f32], dx: &mut [f32], add: bool) {
        let images = at.images();
        linear::input_grad(&self.dense, images, &at.params[0], self.parts(images, at.scratch).grads, dx, add);
    }
}

impl Runnable for ops::Maxout {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        Ok(Arc::new(Maxout::new(self, at.input())))
    }

    fn kept(&self, _: &Shape, output: &Shape) -> u128 {
        (output.len() as u128).saturating_mul(self.pieces as u128)
    }
}
