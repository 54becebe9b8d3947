//! The two passes from maps to maps: forward, and the gradient of the input.

use super::{ROWS, Tiled, chunks, nines};
use crate::kernels::{
    product::{Every, Left, Outer, outer},
    winograd::{self, Algorithm, Begin, Four, Kernel, Taps, Two, apart, bounds::Limits, singly},
};

/// One of the two passes, both of which are convolutions.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// The number of images.
    pub images: usize,
    /// `[outputs, inputs, 3, 3]`
    pub weight: &'a [f32],
    /// Whether it is the gradient of the input from that of the output.
    pub back: bool,
    /// The initial values of the results.
    pub begin: Begin<'a>,
    /// The limits; elements beyond them are not computed in tiles.
    pub limits: Limits<'a>,
}

impl Tiled {
    /// Forward, or the gradient of the input.
    pub fn convolve(&self, pass: Pass, x: &[f32], y: &mut [f32], spare: &mut [f32]) {
        chosen!(self, convolve(self, pass, x, y, spare));
        let Some(limits) = pass.limits else { return };
        let pairs = if pass.back { singly::scatter } else { singly::gather };
        pairs(&self.definition(), pass.images, pass.weight, limits, x, y);
    }
}

fn convolve<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT> + Kernel<SIDE, 3>>(
    kernel: K,
    tiled: &Tiled,
    pass: Pass,
    x: &[f32],
    y: &mut [f32],
    spare: &mut [f32],
) {
    let Pass { images, weight, back, begin, limits } = pass;
    let (inputs, outputs) = (tiled.inputs, tiled.outputs);
    let (rows, terms, from, size) =
        if back { (inputs, outputs, tiled.output, tiled.input) } else { (outputs, inputs, tiled.input, tiled.output) };
    let padding = if back { tiled.padding.map(|padding| 2 - padding) } else { tiled.padding };
    let taps = if back { Taps { row: 9, term: 9 * inputs, flipped: true, ..nines(inputs) } } else { nines(inputs) };
    let (squares, grid, block) = (SIDE * SIDE, tiled.grid(size), tiled.block(rows, size, images));
    let part = ROWS.min(rows);
    let (u, rest) = spare.split_at_mut(squares * apart(block * terms));
    let (v, products) = rest.split_at_mut(squares * apart(terms * tiled.chunk(size, images) * images));
    if block == rows {
        winograd::weights(kernel, taps, weight, [0, rows, terms], u);
    }
    let map = size[0] * size[1] * images;
    for (read, written) in chunks(grid, from, padding, images).zip(chunks(grid, size, [0; 2], images)) {
        let columns = read.columns();
        winograd::data(kernel, &read, limits, x, v);
        for first in (0..rows).step_by(part) {
            let count = part.min(rows - first);
            if block < rows {
                winograd::weights(kernel, taps, weight, [first, count, terms], u);
            }
            // The row distance of the transformed weights, and the position of these rows.
            let (width, at) = if block == rows { (rows, first) } else { (count, 0) };
            let m = &mut *products;
            for square in 0..squares {
                let product = Outer::new(
                    [count, terms, columns],
                    Left::columns(&u[square * apart(terms * width) + at..], width),
                    &v[square * apart(terms * columns)..],
                    Every(columns),
                );
                outer(product, &mut m[square * apart(count * columns)..]);
            }
            let begin = if let Begin::Bias(bias) = begin { Begin::Bias(&bias[first..]) } else { begin };
            winograd::sums(kernel, &written, m, begin, &mut y[first * map..][..count * map]);
        }
    }
}
