//! The gradient of the weights.

use super::{Tiled, chunks, nines};
use crate::{
    kernels::{
        layout,
        product::{Every, Left, Outer, Start, outer},
        winograd::{
            self, Algorithm, Four, Kernel, Tiles, Two, apart,
            bounds::{self, Limits},
            singly,
        },
    },
    layers::Held,
};

/// The maximum number of elements of transformed data and gradients that a lane keeps for all threads.
const KEPT: usize = 4 << 20;
/// The number of rows and columns of the weights' gradient that [`Tiled::rows`] computes at a time.
const GRADS: [usize; 2] = [16, 48];

impl Tiled {
    /// The number of elements of the buffers of [`Tiled::prepare`]. `None` if they would be too large; then the definition is used where
    /// all threads compute the gradient of the weights together.
    pub fn kept(&self, images: usize) -> Option<usize> {
        let columns = self.tiles(self.output) * images;
        let kept = self.squares() * [self.inputs * columns, self.outputs * columns].map(apart).iter().sum::<usize>();
        (kept <= KEPT).then_some(kept)
    }

    /// The number of elements that [`Tiled::prepare`] and [`Tiled::alone`] need besides.
    pub fn grad_spare(&self, images: usize) -> usize {
        let columns = self.chunk(self.output, images) * images;
        let matrices = [self.inputs * columns, self.inputs * columns, self.outputs * columns, self.outputs * self.inputs];
        self.squares() * matrices.map(apart).iter().sum::<usize>()
    }

    /// Stores what [`Tiled::rows`] reads: data `[squares, columns, inputs]` and gradients `[squares, outputs, columns]`.
    pub fn prepare(&self, from: Held, to: &mut [f32], spare: &mut [f32]) {
        chosen!(self, prepare(self, from, to, spare));
    }

    /// The gradient of the weights of the outputs from `first` on, as many as fit into `to`.
    pub fn rows(&self, from: Held, first: usize, to: &mut [f32], add: bool) {
        chosen!(self, rows(self, from, first, to, add));
        self.grads_singly(from, first, to);
    }

    /// The gradient of all weights.
    pub fn alone(&self, from: Held, to: &mut [f32], add: bool, spare: &mut [f32]) {
        chosen!(self, alone(self, from, to, add, spare));
        self.grads_singly(from, 0, to);
    }

    /// Adds what is not computed in tiles to the gradient of weights.
    fn grads_singly(&self, from: Held, first: usize, to: &mut [f32]) {
        let limits = bounds::both(from.images, from.kept);
        singly::weight_grads(&self.definition(), from.images, [from.x, from.dy], limits, first, to);
    }
}

/// The transformed data of a chunk, transposed: `[squares, columns, inputs]`, with a distance between the matrices.
#[allow(clippy::too_many_arguments, reason = "a slice in, one out, scratch, and of what")]
fn turned_data<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT> + Kernel<SIDE, 3>>(
    kernel: K,
    inputs: usize,
    tiles: &Tiles,
    limits: Limits,
    x: &[f32],
    to: &mut [f32],
    distance: usize,
    spare: &mut [f32],
) {
    let matrix = inputs * tiles.columns();
    winograd::data(kernel, tiles, limits, x, spare);
    for (square, v) in spare.chunks(apart(matrix)).take(SIDE * SIDE).enumerate() {
        layout::transpose(inputs, tiles.columns(), &v[..matrix], &mut to[square * distance..][..matrix], false);
    }
}

fn prepare<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT> + Kernel<SIDE, 3>>(
    kernel: K,
    tiled: &Tiled,
    from: Held,
    to: &mut [f32],
    spare: &mut [f32],
) {
    let Held { images, x, dy, kept, .. } = from;
    let limits = bounds::both(images, kept);
    let grid = tiled.grid(tiled.output);
    let all = tiled.tiles(tiled.output) * images;
    let distance = apart(tiled.inputs * all);
    let (data, grads) = to.split_at_mut(SIDE * SIDE * distance);
    for read in chunks(grid, tiled.input, tiled.padding, images) {
        let to = &mut data[read.from * images * tiled.inputs..];
        turned_data(kernel, tiled.inputs, &read, limits[0], x, to, distance, spare);
    }
    let whole = Tiles { size: tiled.output, across: grid[1], first: [0; 2], stride: 1, from: 0, to: grid[0] * grid[1], images };
    winograd::spread(kernel, &whole, limits[1], dy, grads);
}

fn rows<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT> + Kernel<SIDE, 3>>(
    kernel: K,
    tiled: &Tiled,
    from: Held,
    first: usize,
    to: &mut [f32],
    add: bool,
) {
    let (squares, inputs) = (SIDE * SIDE, tiled.inputs);
    let columns = tiled.tiles(tiled.output) * from.images;
    let (data, grads) = from.scratch.split_at(squares * apart(inputs * columns));
    let row = 9 * inputs;
    // There are at most 36 squares.
    let mut sums = [0f32; 36 * (GRADS[0] * GRADS[1] + 32)];
    for term in (0..inputs).step_by(GRADS[1]) {
        let terms = GRADS[1].min(inputs - term);
        for (block, to) in to.chunks_mut(GRADS[0] * row).enumerate() {
            let (start, count) = (first + block * GRADS[0], to.len() / row);
            for square in 0..squares {
                let product = Outer::new(
                    [count, columns, terms],
                    Left::rows(&grads[square * apart(tiled.outputs * columns) + start * columns..], columns),
                    &data[square * apart(inputs * columns) + term..],
                    Every(inputs),
                );
                outer(product, &mut sums[square * apart(count * terms)..]);
            }
            winograd::weight_grads(kernel, &sums, [count, terms], nines(inputs), &mut to[term * 9..], add);
        }
    }
}

fn alone<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT> + Kernel<SIDE, 3>>(
    kernel: K,
    tiled: &Tiled,
    from: Held,
    to: &mut [f32],
    add: bool,
    spare: &mut [f32],
) {
    let Held { images, x, dy, kept, .. } = from;
    let limits = bounds::both(images, kept);
    let (squares, inputs, outputs) = (SIDE * SIDE, tiled.inputs, tiled.outputs);
    let grid = tiled.grid(tiled.output);
    let most = tiled.chunk(tiled.output, images) * images;
    let (sums, rest) = spare.split_at_mut(squares * apart(outputs * inputs));
    let (data, rest) = rest.split_at_mut(squares * apart(inputs * most));
    let (grads, rest) = rest.split_at_mut(squares * apart(outputs * most));
    let read = chunks(grid, tiled.input, tiled.padding, images);
    for (read, written) in read.zip(chunks(grid, tiled.output, [0; 2], images)) {
        let columns = read.columns();
        turned_data(kernel, inputs, &read, limits[0], x, data, apart(inputs * columns), rest);
        winograd::spread(kernel, &written, limits[1], dy, grads);
        for square in 0..squares {
            let product = Outer::new(
                [outputs, columns, inputs],
                Left::rows(&grads[square * apart(outputs * columns)..], columns),
                &data[square * apart(inputs * columns)..],
                Every(inputs),
            )
            .start(if read.from > 0 { Start::Sum } else { Start::Zero });
            outer(product, &mut sums[square * apart(outputs * inputs)..]);
        }
    }
    winograd::weight_grads(kernel, sums, [outputs, inputs], nines(inputs), to, add);
}
