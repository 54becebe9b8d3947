//! `Conv2d` on the buffers of a lane, channel-major, in the way the plan has chosen; [`super::shift`] has one of the ways.

use std::ops::Range;

use crate::{
    kernels::{
        columns,
        product::{Every, Inner, Outer, Start, inner, outer},
        reduce,
    },
    plan::{Convolution, Kernel, Plan, Way},
};

use super::shift;

/// Output channels whose weight gradient one thread works out at a time: fewer, and making the matrix of windows for each would cost
/// more than the product.
const PART: usize = 64;

/// `y = W * x + b`
pub fn forward(conv: &Convolution, images: usize, params: &[Vec<f32>], x: &[f32], y: &mut [f32], scratch: &mut [f32]) {
    let (depth, out_row) = (conv.depth(), images * conv.slide.output_len());
    for group in 0..conv.groups {
        let x = group_input(conv, group, images, x);
        let y = &mut y[group * conv.outputs * out_row..][..conv.outputs * out_row];
        let weight = &params[0][group * conv.weights()..][..conv.weights()];
        let start = if conv.bias { Start::Bias(&params[1][group * conv.outputs..][..conv.outputs]) } else { Start::Zero };
        if let Way::Shift(shift) = &conv.way {
            shift::forward(conv, shift, images, weight, start, x, y, scratch);
            continue;
        }
        for band in bands(conv, images) {
            let (right, n) = matrix(conv, images, band.clone(), x, scratch);
            let product =
                Outer { m: conv.outputs, n, k: depth, left: weight, left_row: depth, left_col: 1, right, rows: Every(n), out_row, start };
            outer(product, &mut y[band.start * conv.slide.output[1]..]);
        }
    }
}

/// The gradients of weight and bias over a lane.
pub fn weight_grads(conv: &Convolution, images: usize, x: &[f32], dy: &[f32], grads: &mut [Vec<f32>], scratch: &mut [f32]) {
    weight_rows(conv, images, 0, x, dy, &mut grads[0], scratch, false);
    if conv.bias {
        bias_grad(conv, images, dy, &mut grads[1], false);
    }
}

/// `dW = dy columns^T`, of the output channels from `first` on that fit into `to`.
#[allow(clippy::too_many_arguments, reason = "three slices in, one out, scratch, and the sizes")]
pub fn weight_rows(conv: &Convolution, images: usize, first: usize, x: &[f32], dy: &[f32], to: &mut [f32], scratch: &mut [f32], add: bool) {
    let (depth, dy_row) = (conv.depth(), images * conv.slide.output_len());
    let end = first + to.len() / depth;
    for group in first / conv.outputs..end.div_ceil(conv.outputs) {
        let x = group_input(conv, group, images, x);
        let channels = (group * conv.outputs).max(first)..((group + 1) * conv.outputs).min(end);
        let to = &mut to[(channels.start - first) * depth..][..channels.len() * depth];
        if let Way::Shift(shift) = &conv.way {
            shift::weight_rows(conv, shift, images, x, &dy[channels.start * dy_row..channels.end * dy_row], to, scratch, add);
            continue;
        }
        for band in bands(conv, images) {
            let (right, n) = matrix(conv, images, band.clone(), x, scratch);
            let product = Inner {
                m: channels.len(),
                n: depth,
                len: n,
                segments: 1,
                left: &dy[channels.start * dy_row + band.start * conv.slide.output[1]..],
                left_row: dy_row,
                left_segment: 0,
                right,
                rows: Every(n),
                right_segment: 0,
                out_row: depth,
                start: if add || band.start > 0 { Start::Sum } else { Start::Zero },
            };
            inner(product, to);
        }
    }
}

/// The sum of each channel of `dy`.
pub fn bias_grad(conv: &Convolution, images: usize, dy: &[f32], to: &mut [f32], add: bool) {
    for (dy, to) in dy.chunks_exact(images * conv.slide.output_len()).zip(to) {
        *to = reduce::sum(dy) + if add { *to } else { 0.0 };
    }
}

/// `dx = columns^-1 (W^T dy)`, added or in its place.
pub fn input_grad(conv: &Convolution, images: usize, weight: &[f32], dy: &[f32], dx: &mut [f32], add: bool, scratch: &mut [f32]) {
    let (depth, dy_row) = (conv.depth(), images * conv.slide.output_len());
    let direct = conv.way == Way::Direct;
    if !add && !direct {
        dx.fill(0.0);
    }
    let dx_len = conv.inputs * images * conv.slide.input_len();
    for group in 0..conv.groups {
        let dx = &mut dx[group * dx_len..][..dx_len];
        for band in bands(conv, images) {
            let n = band.len() * conv.slide.output[1];
            let product = Outer {
                m: depth,
                n,
                k: conv.outputs,
                left: &weight[group * conv.weights()..],
                left_row: 1,
                left_col: depth,
                right: &dy[group * conv.outputs * dy_row + band.start * conv.slide.output[1]..],
                rows: Every(dy_row),
                out_row: n,
                start: if add && direct { Start::Sum } else { Start::Zero },
            };
            if direct {
                outer(product, dx);
            } else {
                outer(product, &mut scratch[..depth * n]);
                columns::scatter(&conv.slide, conv.inputs, images, band, &scratch[..depth * n], dx);
            }
        }
    }
}

/// The maps of one group.
fn group_input<'a>(conv: &Convolution, group: usize, images: usize, x: &'a [f32]) -> &'a [f32] {
    let len = conv.inputs * images * conv.slide.input_len();
    &x[group * len..][..len]
}

/// The output rows of a lane, in bands whose matrix stays in cache.
fn bands(conv: &Convolution, images: usize) -> impl Iterator<Item = Range<usize>> + use<> {
    let (rows, band) = (images * conv.slide.output[0], conv.band(images));
    (0..rows).step_by(band).map(move |start| start..(start + band).min(rows))
}

/// The matrix `[depth, n]` of the windows of a band, and `n`.
fn matrix<'a>(conv: &Convolution, images: usize, band: Range<usize>, x: &'a [f32], scratch: &'a mut [f32]) -> (&'a [f32], usize) {
    let n = band.len() * conv.slide.output[1];
    if conv.way == Way::Direct {
        return (x, n);
    }
    let scratch = &mut scratch[..conv.depth() * n];
    columns::gather(&conv.slide, conv.inputs, images, band, x, scratch);
    (scratch, n)
}

/// Output channels in one part of a weight gradient that all threads work out.
pub fn part_rows(conv: &Convolution) -> usize {
    PART.min(conv.outputs * conv.groups)
}

/// Scratch for the parts of the weight gradients that all threads work out.
pub fn part_scratch(plan: &Plan) -> Vec<Vec<f32>> {
    let images = plan.lanes[0].images;
    let mut parts: Vec<Vec<f32>> = Vec::new();
    for step in plan.steps.iter().filter(|step| step.wide && step.backward) {
        if let Kernel::Conv2d(conv) = &step.kernel {
            let count = (conv.outputs * conv.groups).div_ceil(part_rows(conv));
            parts.resize(parts.len().max(count), Vec::new());
            for part in &mut parts[..count] {
                part.resize(part.len().max(conv.scratch(images)), 0.0);
            }
        }
    }
    parts
}
