//! Convolutions with 3x3 kernels by Winograd's algorithms: fewer products than the definition has, 16 a tile of 2x2 outputs or 36 a tile of
//! 4x4 instead of 36 or 144 a pair of channels.
//!
//! The gradient of the input is such a convolution too, of the output's gradient with turned kernels; that of the weights is made of the
//! same products. Tiles are taken in chunks whose matrices stay in cache.

use layercake_ir::ops::Window;

use super::Held;
use crate::kernels::{
    Slide, layout,
    product::{Every, Outer, Start, outer},
    winograd::{
        self, Algorithm, Begin, Four, Kernel, Taps, Tiles, Two, apart,
        bounds::{self, Limits},
        singly::{self, Definition},
    },
};

/// Fewer channels than this on either side are better off with the definition: what a transform costs is shared by them.
const LEAST_CHANNELS: usize = 16;
/// Fewer images than this leave vectors unused.
const LEAST_IMAGES: usize = 8;
/// Columns of the matrices of a chunk, about: three times three vectors.
const COLUMNS: usize = 144;
/// Rows of weights that are transformed at a time where there is only one chunk.
const ROWS: usize = 32;
/// A lane may keep so many elements of transformed data and gradients for all threads to read.
const KEPT: usize = 4 << 20;
/// Rows and columns of the weights' gradient that [`Tiled::rows`] works out at a time.
const GRADS: [usize; 2] = [16, 48];

/// A convolution that is worked out in tiles.
#[derive(Clone, Copy, Debug)]
pub struct Tiled {
    /// Of 4x4 outputs, or of 2x2?
    four: bool,
    inputs: usize,
    outputs: usize,
    /// Height and width of the maps.
    input: [usize; 2],
    output: [usize; 2],
    padding: [usize; 2],
}

/// One of the two passes that are convolutions.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// The number of images.
    pub images: usize,
    /// `[outputs, inputs, 3, 3]`
    pub weight: &'a [f32],
    /// The gradient of the input from that of the output?
    pub back: bool,
    /// What the results begin with.
    pub begin: Begin<'a>,
    /// What is beyond them is not done in tiles.
    pub limits: Limits<'a>,
}

/// Calls a function that is generic over algorithms with the one that has been chosen.
macro_rules! chosen {
    ($tiled:expr, $function:ident($($argument:expr),*)) => {
        if $tiled.four { $function::<6, 4, Four>(Four, $($argument),*) } else { $function::<4, 2, Two>(Two, $($argument),*) }
    };
}

impl Tiled {
    /// Is this a kind of convolution for which it pays, if its maps are not too small?
    pub fn suits(window: Window, groups: usize, channels: [usize; 2]) -> bool {
        let plain = window.kernel == [3; 2] && window.stride == [1; 2] && window.dilation == [1; 2];
        plain && groups == 1 && window.padding.iter().all(|&padding| padding <= 2) && channels.iter().all(|&count| count >= LEAST_CHANNELS)
    }

    /// If it pays for such a convolution.
    pub fn new(slide: &Slide, groups: usize, [inputs, outputs]: [usize; 2]) -> Option<Self> {
        let suits = Self::suits(slide.window, groups, [inputs, outputs]) && slide.output_len() > 1;
        // The products of all tiles, of which those at the edge may be partly unused.
        let products = |out: usize| slide.output.map(|size| size.div_ceil(out) * (out + 2)).iter().product::<usize>();
        // Large tiles need many of them: the matrices of a few are too narrow.
        let four = products(4) * 5 <= products(2) * 4 && slide.output.iter().all(|&size| size > 4);
        let tiled = Self { four, inputs, outputs, input: slide.input, output: slide.output, padding: slide.window.padding };
        suits.then_some(tiled)
    }

    /// Is it used for so many images?
    pub fn takes(&self, images: usize) -> bool {
        images >= LEAST_IMAGES
    }

    fn definition(&self) -> Definition {
        let Self { inputs, outputs, input, output, padding, .. } = *self;
        Definition { side: 3, stride: 1, padding, channels: [inputs, outputs], large: input, small: output }
    }

    fn side(&self) -> usize {
        if self.four { 6 } else { 4 }
    }

    /// Products of a tile and a pair of channels.
    fn squares(&self) -> usize {
        self.side() * self.side()
    }

    /// Tiles on maps of a size, down and across.
    fn grid(&self, size: [usize; 2]) -> [usize; 2] {
        size.map(|size| size.div_ceil(self.side() - 2))
    }

    fn tiles(&self, size: [usize; 2]) -> usize {
        self.grid(size).iter().product()
    }

    /// Tiles of a chunk.
    fn chunk(&self, size: [usize; 2], images: usize) -> usize {
        (COLUMNS / images).clamp(1, self.tiles(size))
    }

    /// Rows whose weights are transformed at a time: all, if several chunks use them.
    fn block(&self, rows: usize, size: [usize; 2], images: usize) -> usize {
        if self.chunk(size, images) < self.tiles(size) { rows } else { ROWS.min(rows) }
    }

    /// Elements that [`Tiled::convolve`] needs besides: the transformed weights, data and products.
    pub fn spare(&self, images: usize, back: bool) -> usize {
        let (rows, terms, size) = if back { (self.inputs, self.outputs, self.input) } else { (self.outputs, self.inputs, self.output) };
        let columns = self.chunk(size, images) * images;
        let matrices = [self.block(rows, size, images) * terms, terms * columns, ROWS.min(rows) * columns];
        self.squares() * matrices.map(apart).iter().sum::<usize>()
    }

    /// Forward, or the gradient of the input.
    pub fn convolve(&self, pass: Pass, x: &[f32], y: &mut [f32], spare: &mut [f32]) {
        chosen!(self, convolve(self, pass, x, y, spare));
        let Some(limits) = pass.limits else { return };
        let pairs = if pass.back { singly::scatter } else { singly::gather };
        pairs(&self.definition(), pass.images, pass.weight, limits, x, y);
    }

    /// Elements of the buffers of [`Tiled::prepare`]; none if they would be too large, and the definition is used where all threads work
    /// out the gradient of the weights together.
    pub fn kept(&self, images: usize) -> Option<usize> {
        let columns = self.tiles(self.output) * images;
        let kept = self.squares() * [self.inputs * columns, self.outputs * columns].map(apart).iter().sum::<usize>();
        (kept <= KEPT).then_some(kept)
    }

    /// Elements that [`Tiled::prepare`] and [`Tiled::alone`] need besides.
    pub fn grad_spare(&self, images: usize) -> usize {
        let columns = self.chunk(self.output, images) * images;
        let matrices = [self.inputs * columns, self.inputs * columns, self.outputs * columns, self.outputs * self.inputs];
        self.squares() * matrices.map(apart).iter().sum::<usize>()
    }

    /// Leaves what [`Tiled::rows`] reads: data `[squares, columns, inputs]`, and gradients `[squares, outputs, columns]`.
    pub fn prepare(&self, from: Held, to: &mut [f32], spare: &mut [f32]) {
        chosen!(self, prepare(self, from, to, spare));
    }

    /// The gradient of the weights of the outputs from `first` on that fit into `to`.
    pub fn rows(&self, from: Held, first: usize, to: &mut [f32], add: bool) {
        chosen!(self, rows(self, from, first, to, add));
        self.grads_singly(from, first, to);
    }

    /// The gradient of all weights.
    pub fn alone(&self, from: Held, to: &mut [f32], add: bool, spare: &mut [f32]) {
        chosen!(self, alone(self, from, to, add, spare));
        self.grads_singly(from, 0, to);
    }

    /// Adds to the gradient of weights what is not done in tiles.
    fn grads_singly(&self, from: Held, first: usize, to: &mut [f32]) {
        let limits = bounds::both(from.images, from.kept);
        singly::weight_grads(&self.definition(), from.images, [from.x, from.dy], limits, first, to);
    }
}

/// The taps of each output and each of so many inputs.
fn nines(inputs: usize) -> Taps {
    Taps { row: 9 * inputs, term: 9, first: 0, apart: [3, 1], flipped: false }
}

/// The chunks of tiles on a grid, over maps of a size of which the first tile begins at `-before`.
fn chunks(grid: [usize; 2], size: [usize; 2], before: [usize; 2], images: usize) -> impl Iterator<Item = Tiles> {
    let all = grid[0] * grid[1];
    let chunk = (COLUMNS / images).clamp(1, all);
    let (across, first) = (grid[1], before.map(|before| -(before as isize)));
    (0..all).step_by(chunk).map(move |from| Tiles { size, across, first, stride: 1, from, to: (from + chunk).min(all), images })
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
            // Rows of the transformed weights, and where among them these are.
            let (width, at) = if block == rows { (rows, first) } else { (count, 0) };
            let m = &mut *products;
            for square in 0..squares {
                let product = Outer {
                    m: count,
                    n: columns,
                    segments: 1,
                    k: terms,
                    left: &u[square * apart(terms * width) + at..],
                    left_row: 1,
                    left_cols: Every(width),
                    right: &v[square * apart(terms * columns)..],
                    rows: Every(columns),
                    right_segment: 0,
                    out_row: columns,
                    out_segment: 0,
                    start: Start::Zero,
                };
                outer(product, &mut m[square * apart(count * columns)..]);
            }
            let begin = if let Begin::Bias(bias) = begin { Begin::Bias(&bias[first..]) } else { begin };
            winograd::sums(kernel, &written, m, begin, &mut y[first * map..][..count * map]);
        }
    }
}

/// The transformed data of a chunk, turned: `[squares, columns, inputs]`, the matrices at a distance from each other.
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
    // 36 squares at most.
    let mut sums = [0f32; 36 * (GRADS[0] * GRADS[1] + 32)];
    for term in (0..inputs).step_by(GRADS[1]) {
        let terms = GRADS[1].min(inputs - term);
        for (block, to) in to.chunks_mut(GRADS[0] * row).enumerate() {
            let (start, count) = (first + block * GRADS[0], to.len() / row);
            for square in 0..squares {
                let product = Outer {
                    m: count,
                    n: terms,
                    segments: 1,
                    k: columns,
                    left: &grads[square * apart(tiled.outputs * columns) + start * columns..],
                    left_row: columns,
                    left_cols: Every(1),
                    right: &data[square * apart(inputs * columns) + term..],
                    rows: Every(inputs),
                    right_segment: 0,
                    out_row: terms,
                    out_segment: 0,
                    start: Start::Zero,
                };
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
            let product = Outer {
                m: outputs,
                n: inputs,
                segments: 1,
                k: columns,
                left: &grads[square * apart(outputs * columns)..],
                left_row: columns,
                left_cols: Every(1),
                right: &data[square * apart(inputs * columns)..],
                rows: Every(inputs),
                right_segment: 0,
                out_row: inputs,
                out_segment: 0,
                start: if read.from > 0 { Start::Sum } else { Start::Zero },
            };
            outer(product, &mut sums[square * apart(outputs * inputs)..]);
        }
    }
    winograd::weight_grads(kernel, sums, [outputs, inputs], nines(inputs), to, add);
}

#[cfg(test)]
mod tests {
    use layercake_ir::{Shape, ops::Conv2d};

    use super::*;
    use crate::{
        kernels::testing::{close, numbers},
        layers::Convolution,
    };

    /// Channels in and out, height and width, padding, images.
    type Case = ([usize; 2], [usize; 2], [usize; 2], usize);

    /// Maps smaller than a tile and no multiple of one, chunks of one tile, several
    /// chunks whose last is not whole, images that are no whole vectors, rows that are no multiple of a block.
    const CASES: [Case; 8] = [
        ([16, 16], [4, 4], [1, 1], 16),
        ([17, 37], [2, 2], [1, 1], 8),
        ([19, 16], [5, 7], [1, 1], 9),
        ([16, 33], [9, 3], [2, 0], 16),
        ([20, 18], [13, 10], [1, 1], 17),
        ([16, 16], [12, 12], [0, 2], 150),
        ([50, 70], [6, 6], [1, 1], 11),
        ([64, 64], [8, 8], [1, 1], 32),
    ];

    fn convolution([inputs, outputs]: [usize; 2], [height, width]: [usize; 2], padding: [usize; 2]) -> Convolution {
        let op = Conv2d {
            in_channels: inputs,
            out_channels: outputs,
            kernel: [3; 2],
            stride: [1; 2],
            padding,
            dilation: [1; 2],
            groups: 1,
            bias: true,
        };
        let output = [height + 2 * padding[0] - 2, width + 2 * padding[1] - 2];
        Convolution::new(&op, &Shape::new(&[inputs, height, width]), &Shape::new(&[outputs, output[0], output[1]]))
    }

    /// Calls `term` with the places of a weight, an element of the input and one of the output for each product of the definition.
    fn products(conv: &Convolution, images: usize, mut term: impl FnMut(usize, usize, usize)) {
        let Slide { window, input, output } = conv.slide;
        for (o, i) in (0..conv.outputs).flat_map(|o| (0..conv.inputs).map(move |i| (o, i))) {
            for (tap, at) in (0..9).flat_map(|tap| (0..output[0] * output[1]).map(move |at| (tap, at))) {
                let [y, x] = [at / output[1] + tap / 3, at % output[1] + tap % 3];
                let (Some(y), Some(x)) = (y.checked_sub(window.padding[0]), x.checked_sub(window.padding[1])) else { continue };
                if y < input[0] && x < input[1] {
                    let weight = (o * conv.inputs + i) * 9 + tap;
                    let from = ((i * input[0] + y) * input[1] + x) * images;
                    let to = (o * output[0] * output[1] + at) * images;
                    (0..images).for_each(|image| term(weight, from + image, to + image));
                }
            }
        }
    }

    fn narrow(wide: &[f64]) -> Vec<f32> {
        wide.iter().map(|&x| x as f32).collect()
    }

    #[test]
    fn agrees_with_the_definition_forward_and_backward() {
        let mut sizes = [false; 2];
        // Miri takes one small one.
        for (channels, size, padding, images) in CASES.into_iter().skip(usize::from(cfg!(miri))).take(if cfg!(miri) { 1 } else { 8 }) {
            let conv = convolution(channels, size, padding);
            let tiled = conv.tiled(images).expect("these are done in tiles");
            sizes[usize::from(tiled.four)] = true;
            let (len_x, len_y) = (conv.inputs * conv.slide.input_len() * images, conv.outputs * conv.slide.output_len() * images);
            let (x, dy, weight) = (numbers(len_x, 1), numbers(len_y, 2), numbers(conv.weights(), 3));
            let bias = numbers(conv.outputs, 4);
            let mut y: Vec<f64> = (0..len_y).map(|at| f64::from(bias[at / (len_y / conv.outputs)])).collect();
            let (mut dx, mut dw) = (vec![0f64; len_x], vec![0f64; weight.len()]);
            products(&conv, images, |w, from, to| {
                let [weight, value, grad] = [weight[w], x[from], dy[to]].map(f64::from);
                y[to] += weight * value;
                dx[from] += weight * grad;
                dw[w] += value * grad;
            });
            // Whatever was there must not matter.
            let mut spare = vec![f32::NAN; tiled.spare(images, false).max(tiled.spare(images, true)).max(tiled.grad_spare(images))];
            let mut found = vec![f32::NAN; len_y];
            tiled.convolve(
                Pass { images, weight: &weight, back: false, begin: Begin::Bias(&bias), limits: None },
                &x,
                &mut found,
                &mut spare,
            );
            close(&found, &narrow(&y), 1e-5);
            spare.fill(f32::NAN);
            for add in [false, true] {
                let (old, begin) = if add { (numbers(len_x, 5), Begin::Sum) } else { (vec![0.0; len_x], Begin::Zero) };
                let mut found = old.clone();
                tiled.convolve(Pass { images, weight: &weight, back: true, begin, limits: None }, &dy, &mut found, &mut spare);
                let wanted: Vec<f32> = dx.iter().zip(&old).map(|(dx, &old)| (dx + f64::from(old)) as f32).collect();
                close(&found, &wanted, 1e-5);
            }
            spare.fill(f32::NAN);
            for add in [false, true] {
                let old = if add { numbers(weight.len(), 6) } else { vec![0.0; weight.len()] };
                let wanted: Vec<f32> = dw.iter().zip(&old).map(|(dw, &old)| (dw + f64::from(old)) as f32).collect();
                let mut found = old.clone();
                let held = Held { images, x: &x, dy: &dy, scratch: &[], kept: &[] };
                tiled.alone(held, &mut found, add, &mut spare);
                close(&found, &wanted, 1e-5);
                let Some(kept) = tiled.kept(images) else { continue };
                let mut kept = vec![f32::NAN; kept];
                tiled.prepare(held, &mut kept, &mut spare);
                let mut found = old;
                for first in (0..conv.outputs).step_by(21) {
                    let to = &mut found[first * conv.depth()..][..21.min(conv.outputs - first) * conv.depth()];
                    tiled.rows(Held { scratch: &kept, ..held }, first, to, add);
                }
                close(&found, &wanted, 1e-5);
            }
        }
        assert!(cfg!(miri) || sizes == [true; 2], "both sizes of tiles are tried");
    }

    #[test]
    fn is_left_to_what_gains_by_it() {
        assert!(convolution([64, 64], [8, 8], [1; 2]).tiled(16).is_some_and(|tiled| tiled.four));
        assert!(convolution([512, 512], [4, 4], [1; 2]).tiled(16).is_some_and(|tiled| !tiled.four));
        assert!(convolution([3, 64], [32, 32], [1; 2]).tiled(16).is_none(), "few channels");
        assert!(convolution([64, 64], [8, 8], [1; 2]).tiled(1).is_none(), "few images");
    }
}
