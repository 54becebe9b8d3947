//! `DropConnect` in training: a linear layer whose weight loses elements.

use layercake_ir::{Shape, ops};

use crate::emit::At;
use crate::function::number;
use crate::kernel::{Arg, Place};

use super::Operation;
use super::affine::Affine;
use super::masked::Mask;

pub struct DropConnect {
    affine: Affine,
    bias: bool,
    mask: Mask,
    weight: Arg,
}

impl DropConnect {
    pub fn new(op: &ops::DropConnect, input: &Shape, batch: usize, node: usize) -> Self {
        let vectors = batch * (input.len() / op.in_features);
        let kept = format!("drawn(seed, {node}ull, i) >> 11 >= {}ull", (op.p * (1u64 << 53) as f64) as u64);
        let factor = format!("{kept} ? {} : 0.0f", number(1.0 / (1.0 - op.p)));
        let affine = Affine { vectors, inputs: op.in_features, outputs: op.out_features };
        Self { affine, bias: op.bias, mask: Mask { factor, len: op.in_features * op.out_features }, weight: Arg::At(Place::Nowhere) }
    }
}

impl Operation for DropConnect {
    fn forward(&mut self, at: &mut At) {
        let weight = at.param(0);
        self.weight = self.mask.apply(at, weight);
        let bias = if self.bias { at.param(1) } else { Arg::At(Place::Nowhere) };
        let (args, act) = ([at.x(0), self.weight, bias, at.y(0)], at.act());
        self.affine.forward(at, args, &act);
    }

    fn backward(&mut self, at: &mut At) {
        let Some(dy) = at.dy(0) else { return };
        let (x, pull) = (at.x(0), at.pull());
        let bias = if self.bias { at.param_grad(1) } else { Arg::At(Place::Nowhere) };
        let gradient = self.mask.gradient(at);
        self.affine.weight_grad(at, x, dy, [gradient, bias], &pull);
        let own = at.param_grad(0);
        self.mask.give(at, gradient, own);
        let Some(dx) = at.dx(0) else { return };
        self.affine.input_grad(at, self.weight, dy, dx, &pull);
    }
}
