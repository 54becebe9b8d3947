//! `Linear` with `drop_connect` in training. The mask of the weights is computed again wherever it is needed.

use std::sync::Arc;

use layercake_ir::ops;

use super::{Dense, Held, Layer, Reads, Site, Weights, linear};
use crate::{
    EngineError,
    plan::{At, Runnable},
    rng,
};

/// A linear layer with dropped weights, the same for all images of a pass.
#[derive(Clone, Copy, Debug)]
pub struct DropConnect {
    /// The layer.
    pub dense: Dense,
    /// The probability of dropping a weight.
    pub p: f64,
}

impl DropConnect {
    fn weights(&self) -> usize {
        self.dense.inputs * self.dense.outputs
    }

    /// The factor of each weight.
    fn mask(&self, at: &Site) -> impl Fn(usize) -> f32 + use<> {
        let (seed, node, p) = (at.seed, at.node, self.p);
        let scale = (1.0 / (1.0 - p)) as f32;
        move |weight| if rng::keep(seed, node, weight as u64, p) { scale } else { 0.0 }
    }

    /// The masked weights, in the spare buffer.
    fn masked<'a>(&self, at: &'a mut Site) -> &'a [f32] {
        let mask = self.mask(at);
        let to = &mut at.spare[..self.weights()];
        for (i, (to, weight)) in to.iter_mut().zip(&at.params[0]).enumerate() {
            *to = weight * mask(i);
        }
        to
    }
}

impl Layer for DropConnect {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        let [scratch, _] = self.dense.scratch(images, backward);
        [scratch, self.weights()]
    }

    fn takes_activation(&self) -> bool {
        true
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (images, params, x) = (at.images(), at.params, at.x(0));
        let bias = self.dense.bias.then(|| params[1].as_slice());
        linear::forward(&self.dense, images, self.masked(at), bias, x, y);
    }

    /// The gradient of a dropped weight is 0.
    fn param_grads(&self, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        let (images, x, mask) = (at.images(), at.x(0), self.mask(at));
        linear::turn(&self.dense, images, x, at.scratch);
        let full = &mut at.spare[..self.weights()];
        let from = Held { images, x, dy, scratch: at.scratch, kept: &[] };
        Weights::rows(&self.dense, from, 0, full, false);
        for (i, (grad, full)) in grads[0].iter_mut().zip(full).enumerate() {
            let masked = *full * mask(i);
            *grad = if add { *grad + masked } else { masked };
        }
        if self.dense.bias {
            Weights::bias(&self.dense, from, &mut grads[1], add);
        }
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        let images = at.images();
        linear::input_grad(&self.dense, images, self.masked(at), dy, dx, add);
    }
}

impl Runnable for ops::DropConnect {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        let dense = Dense::new(&self.linear(), at.input());
        Ok(if at.trains() && self.p > 0.0 { Arc::new(DropConnect { dense, p: self.p }) } else { Arc::new(dense) })
    }
}
