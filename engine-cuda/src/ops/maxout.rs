//! `Maxout`: a linear layer, and the maximum of each feature's pieces.

use layercake_ir::{Shape, ops};

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel, Place};

use super::affine::{ALONE, Affine, PLAIN};
use super::reduce::NEIGHBORS;
use super::{Operation, is_counted, threads};

pub struct Maxout {
    affine: Affine,
    bias: bool,
    pieces: usize,
    /// The pieces of all features.
    all: Arg,
}

const NOWHERE: Arg = Arg::At(Place::Nowhere);

impl Maxout {
    /// None if there are more elements than are counted.
    pub fn new(op: &ops::Maxout, input: &Shape, batch: usize) -> Option<Self> {
        let vectors = batch * (input.len() / op.in_features);
        let affine = Affine { vectors, inputs: op.in_features, outputs: op.out_features * op.pieces };
        let all = vectors.checked_mul(affine.outputs)?;
        is_counted(all).then_some(Self { affine, bias: op.bias, pieces: op.pieces, all: NOWHERE })
    }
}

impl Operation for Maxout {
    /// The gradient of the maximum reads the output.
    fn takes_functions(&self) -> bool {
        false
    }

    fn forward(&mut self, at: &mut At) {
        self.all = at.buffer(self.affine.vectors * self.affine.outputs);
        let bias = if self.bias { at.param(1) } else { NOWHERE };
        let args = [at.x(0), at.param(0), bias, self.all];
        self.affine.forward(at, args, ALONE);
        let text = include_str!("../kernels/extreme_forward.cu");
        let kernel = Kernel::new(
            "reduce_forward",
            "const float *x, float *out, int size, int step",
            &format!("{NEIGHBORS}#define SIGN\n{ALONE}"),
            text,
        );
        let args = [self.all, at.y(0), int(self.pieces), int(1)];
        at.launch(kernel, [at.len(), 1, 1], threads(self.pieces), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, _]) = at.dy(0) else { return };
        let gradient = at.buffer(self.affine.vectors * self.affine.outputs);
        let signature = "const float *x, const float *y, const float *g, float *dx, int add, int size, int step";
        let kernel = Kernel::new("extreme_backward", signature, NEIGHBORS, include_str!("../kernels/extreme_backward.cu"));
        let args = [self.all, at.y(0), g, gradient, Arg::Int(0), int(self.pieces), int(1)];
        at.launch(kernel, [at.len(), 1, 1], threads(self.pieces), args);
        let x = at.x(0);
        let gradients = [at.param_grad(0), if self.bias { at.param_grad(1) } else { NOWHERE }];
        self.affine.weight_grad(at, x, [gradient, NOWHERE], gradients, PLAIN);
        let Some(dx) = at.dx(0) else { return };
        let weight = at.param(0);
        self.affine.input_grad(at, weight, [gradient, NOWHERE], dx, PLAIN);
    }
}
