//! Convolution by shifted images ([`crate::plan::Way::Shift`]).
//!
//! Lines of the padded image and of the sums have the same pitch, so the sum of window `(y, x)` is at `y * pitch + x`, and what the
//! tap `(i, j)` reads for it is `i * pitch + j` further on. All windows of an image are then one long row. It has a few sums too many
//! between the lines; their gradients are zero.

use crate::{
    kernels::{
        product::{Inner, Outer, Start, inner, outer},
        rows::{self, RowPairs},
    },
    plan::{Convolution, Shift},
};

/// The forward pass of one group, image by image.
#[allow(clippy::too_many_arguments, reason = "three slices in, one out, scratch, and the sizes")]
pub fn forward(
    conv: &Convolution,
    shift: &Shift,
    images: usize,
    weight: &[f32],
    start: Start,
    x: &[f32],
    y: &mut [f32],
    scratch: &mut [f32],
) {
    let [height, width] = conv.slide.output;
    let (padded, sums) = scratch.split_at_mut(conv.inputs * shift.plane);
    let sums = &mut sums[..conv.outputs * shift.span];
    padded.fill(0.0);
    for image in 0..images {
        pad(conv, shift, images, image, x, padded);
        let product = Outer {
            m: conv.outputs,
            n: shift.span,
            k: conv.depth(),
            left: weight,
            left_row: conv.depth(),
            left_col: 1,
            right: padded,
            rows: shift.taps.as_slice(),
            out_row: shift.span,
            start,
        };
        outer(product, sums);
        for (channel, sums) in sums.chunks_exact(shift.span).enumerate() {
            let to = &mut y[(channel * images + image) * height * width..];
            rows::put(RowPairs { count: height, len: width, from: shift.pitch, to: width }, sums, to, false);
        }
    }
}

/// The gradient of the weights of some output channels of one group: `dy` and `to` hold just those.
#[allow(clippy::too_many_arguments, reason = "two slices in, one out, scratch, and the sizes")]
pub fn weight_rows(
    conv: &Convolution,
    shift: &Shift,
    images: usize,
    x: &[f32],
    dy: &[f32],
    to: &mut [f32],
    scratch: &mut [f32],
    add: bool,
) {
    let [height, width] = conv.slide.output;
    let channels = to.len() / conv.depth();
    let (padded, sums) = scratch.split_at_mut(shift.images * conv.inputs * shift.plane);
    // What lies between the lines must be zero.
    let sums = &mut sums[..shift.images * channels * shift.span];
    padded.fill(0.0);
    sums.fill(0.0);
    for first in (0..images).step_by(shift.images) {
        let some = shift.images.min(images - first);
        for image in 0..some {
            pad(conv, shift, images, first + image, x, &mut padded[image * conv.inputs * shift.plane..]);
            for channel in 0..channels {
                let from = &dy[(channel * images + first + image) * height * width..];
                let to = &mut sums[(image * channels + channel) * shift.span..][..shift.span];
                rows::put(RowPairs { count: height, len: width, from: width, to: shift.pitch }, from, to, false);
            }
        }
        let product = Inner {
            m: channels,
            n: conv.depth(),
            len: shift.span,
            segments: some,
            left: sums,
            left_row: shift.span,
            left_segment: channels * shift.span,
            right: padded,
            rows: shift.taps.as_slice(),
            right_segment: conv.inputs * shift.plane,
            out_row: conv.depth(),
            start: if add || first > 0 { Start::Sum } else { Start::Zero },
        };
        inner(product, to);
    }
}

/// Copies an image of the channel-major `x` into its padding, which is zero already.
fn pad(conv: &Convolution, shift: &Shift, images: usize, image: usize, x: &[f32], padded: &mut [f32]) {
    let [height, width] = conv.slide.input;
    let [above, left] = conv.slide.window.padding;
    for channel in 0..conv.inputs {
        let from = &x[(channel * images + image) * height * width..];
        let to = &mut padded[channel * shift.plane + above * shift.pitch + left..];
        rows::put(RowPairs { count: height, len: width, from: width, to: shift.pitch }, from, to, false);
    }
}
