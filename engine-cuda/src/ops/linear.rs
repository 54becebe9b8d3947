//! Linear layers.

use layercake_ir::{Shape, ops};

use crate::emit::At;
use crate::kernel::{Arg, Place};

use super::Operation;
use super::affine::Affine;

#[derive(Clone, Copy, Debug)]
pub struct Linear {
    affine: Affine,
    bias: bool,
}

impl Linear {
    pub fn new(op: &ops::Linear, input: &Shape, batch: usize) -> Self {
        let vectors = batch * (input.len() / op.in_features);
        Self { affine: Affine { vectors, inputs: op.in_features, outputs: op.out_features }, bias: op.bias }
    }
}

impl Operation for Linear {
    fn forward(&mut self, at: &mut At) {
        let bias = if self.bias { at.param(1) } else { Arg::At(Place::Nowhere) };
        let (args, act) = ([at.x(0), at.param(0), bias, at.y(0)], at.act());
        self.affine.forward(at, args, &act);
    }

    fn backward(&mut self, at: &mut At) {
        let Some(dy) = at.dy(0) else { return };
        let (x, pull) = (at.x(0), at.pull());
        let bias = if self.bias { at.param_grad(1) } else { Arg::At(Place::Nowhere) };
        let gradients = [at.param_grad(0), bias];
        self.affine.weight_grad(at, x, dy, gradients, &pull);
        let Some(dx) = at.dx(0) else { return };
        let weight = at.param(0);
        self.affine.input_grad(at, weight, dy, dx, &pull);
    }
}
