//! `Linear` on the matrices of a lane: rows are samples (times length), batch-major.

use crate::{
    kernels::{
        activation,
        product::{Every, Inner, Outer, Start, inner, outer},
    },
    plan::Dense,
};

/// Rows of the weights whose gradient one thread works out at a time.
const PART: usize = 64;

/// `y = x W^T + b`
pub fn forward(dense: &Dense, images: usize, params: &[Vec<f32>], x: &[f32], y: &mut [f32]) {
    let Dense { rows, inputs, outputs, bias } = *dense;
    let product = Inner {
        m: images * rows,
        n: outputs,
        len: inputs,
        segments: 1,
        left: x,
        left_row: inputs,
        left_segment: 0,
        right: &params[0],
        rows: Every(inputs),
        right_segment: 0,
        out_row: outputs,
        start: if bias { Start::Bias(&params[1]) } else { Start::Zero },
    };
    inner(product, y);
}

/// `dx = dy W`, added or in its place.
pub fn input_grad(dense: &Dense, images: usize, weight: &[f32], dy: &[f32], dx: &mut [f32], add: bool) {
    let Dense { rows, inputs, outputs, .. } = *dense;
    let product = Outer {
        m: images * rows,
        n: inputs,
        k: outputs,
        left: dy,
        left_row: outputs,
        left_col: 1,
        right: weight,
        rows: Every(inputs),
        out_row: inputs,
        start: if add { Start::Sum } else { Start::Zero },
    };
    outer(product, dx);
}

/// The gradients of weight and bias over a lane.
pub fn weight_grads(dense: &Dense, images: usize, x: &[f32], dy: &[f32], grads: &mut [Vec<f32>]) {
    weight_rows(dense, images, 0, x, dy, &mut grads[0], false);
    if dense.bias {
        bias_grad(dense, images, dy, &mut grads[1], false);
    }
}

/// `dW = dy^T x`, of the rows from `first` on that fit into `to`.
pub fn weight_rows(dense: &Dense, images: usize, first: usize, x: &[f32], dy: &[f32], to: &mut [f32], add: bool) {
    let Dense { rows, inputs, outputs, .. } = *dense;
    let product = Outer {
        m: to.len() / inputs,
        n: inputs,
        k: images * rows,
        left: &dy[first..],
        left_row: 1,
        left_col: outputs,
        right: x,
        rows: Every(inputs),
        out_row: inputs,
        start: if add { Start::Sum } else { Start::Zero },
    };
    outer(product, to);
}

/// The sum of `dy` over its rows.
pub fn bias_grad(dense: &Dense, images: usize, dy: &[f32], to: &mut [f32], add: bool) {
    if !add {
        to.fill(0.0);
    }
    for dy in dy.chunks_exact(dense.outputs).take(images * dense.rows) {
        activation::add(dy, to);
    }
}

/// Rows of the weights in one part of a gradient that all threads work out.
pub fn part_rows(dense: &Dense) -> usize {
    PART.min(dense.outputs)
}
