//! `Linear` on the buffers of a lane: `[rows, features, images]`, where `rows` is 1 or the length.
//!
//! A product's columns are the images; a lane of a single image takes its rows together instead.

use crate::{
    kernels::{
        layout,
        product::{Every, Inner, Outer, Start, inner, outer},
        reduce,
    },
    plan::Dense,
};

/// Rows of the weights whose gradient one thread works out at a time.
const PART: usize = 64;

/// `y = W x + b`
pub fn forward(dense: &Dense, images: usize, params: &[Vec<f32>], x: &[f32], y: &mut [f32]) {
    let Dense { rows, inputs, outputs, bias } = *dense;
    let start = if bias { Start::Bias(&params[1]) } else { Start::Zero };
    if images == 1 {
        let product = Inner {
            m: rows,
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
            start,
        };
        return inner(product, y);
    }
    let product = Outer {
        m: outputs,
        n: images,
        segments: rows,
        k: inputs,
        left: &params[0],
        left_row: inputs,
        left_cols: Every(1),
        right: x,
        rows: Every(images),
        right_segment: inputs * images,
        out_row: images,
        out_segment: outputs * images,
        start,
    };
    outer(product, y);
}

/// `dx = W^T dy`, added or in its place.
pub fn input_grad(dense: &Dense, images: usize, weight: &[f32], dy: &[f32], dx: &mut [f32], add: bool) {
    let Dense { rows, inputs, outputs, .. } = *dense;
    let start = if add { Start::Sum } else { Start::Zero };
    if images == 1 {
        let product = Outer {
            m: rows,
            n: inputs,
            segments: 1,
            k: outputs,
            left: dy,
            left_row: outputs,
            left_cols: Every(1),
            right: weight,
            rows: Every(inputs),
            right_segment: 0,
            out_row: inputs,
            out_segment: 0,
            start,
        };
        return outer(product, dx);
    }
    let product = Outer {
        m: inputs,
        n: images,
        segments: rows,
        k: outputs,
        left: weight,
        left_row: 1,
        left_cols: Every(inputs),
        right: dy,
        rows: Every(images),
        right_segment: outputs * images,
        out_row: images,
        out_segment: inputs * images,
        start,
    };
    outer(product, dx);
}

/// The input as [`weight_rows`] takes it, `[rows, images, features]`.
pub fn turned<'a>(dense: &Dense, images: usize, x: &[f32], scratch: &'a mut [f32]) -> &'a [f32] {
    let row = dense.inputs * images;
    let to = &mut scratch[..dense.rows * row];
    for (x, to) in x.chunks_exact(row).zip(to.chunks_exact_mut(row)) {
        layout::transpose(dense.inputs, images, x, to, false);
    }
    to
}

/// `dW = dy x^T`, of the rows from `first` on that fit into `to`.
pub fn weight_rows(dense: &Dense, images: usize, first: usize, turned: &[f32], dy: &[f32], to: &mut [f32], add: bool) {
    let Dense { rows, inputs, outputs, .. } = *dense;
    // All rows are one product for a single image, one after the other otherwise.
    let (count, k, left_row, left_cols) = if images == 1 { (1, rows, 1, outputs) } else { (rows, images, images, 1) };
    for row in 0..count {
        let product = Outer {
            m: to.len() / inputs,
            n: inputs,
            segments: 1,
            k,
            left: &dy[(row * outputs + first) * images..],
            left_row,
            left_cols: Every(left_cols),
            right: &turned[row * images * inputs..],
            rows: Every(inputs),
            right_segment: 0,
            out_row: inputs,
            out_segment: 0,
            start: if add || row > 0 { Start::Sum } else { Start::Zero },
        };
        outer(product, to);
    }
}

/// The sum of `dy` over images and rows.
pub fn bias_grad(dense: &Dense, images: usize, dy: &[f32], to: &mut [f32], add: bool) {
    for (row, dy) in dy.chunks_exact(dense.outputs * images).enumerate() {
        reduce::stretches(dy, to, add || row > 0);
    }
}

/// Rows of the weights in one part of a gradient that all threads work out.
pub fn part_rows(dense: &Dense) -> usize {
    PART.min(dense.outputs)
}
