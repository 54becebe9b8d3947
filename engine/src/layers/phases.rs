//! Convolutions with 4x4 kernels and a stride of 2, and transposed ones, by Winograd's algorithm.
//!
//! The maps on the side of the convolution's input are four, of the even and odd lines and columns; with each of these *phases* the
//! convolution has a 2x2 kernel and no stride. A tile of 4x4 outputs takes 25 products instead of 64 a phase and pair of channels. The phases
//! are never copied out: tiles are read, and written, two elements apart.

use layercake_ir::ops::Window;

use crate::kernels::{
    Slide, layout,
    product::{Every, Outer, Start, outer},
    winograd::{
        self, Begin, Pairs, Taps, Tiles, apart,
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
/// Rows of weights that are transformed at a time.
const ROWS: usize = 32;
/// Outputs and products of a tile along an axis.
const OUT: usize = 4;
const SIDE: usize = 5;
const SQUARES: usize = SIDE * SIDE;
/// The phases: odd lines or columns of the padded map?
const PHASES: [[usize; 2]; 4] = [[0, 0], [0, 1], [1, 0], [1, 1]];

/// A convolution that is worked out phase by phase, from `inputs` large maps to `outputs` small ones; or the way back.
#[derive(Clone, Copy, Debug)]
pub struct Phased {
    inputs: usize,
    outputs: usize,
    /// Height and width of the maps.
    large: [usize; 2],
    small: [usize; 2],
    padding: [usize; 2],
}

impl Phased {
    /// Is this a kind of convolution for which it may pay?
    pub fn suits(window: Window, groups: usize, channels: [usize; 2]) -> bool {
        let shape = window.kernel == [4; 2] && window.stride == [2; 2] && window.dilation == [1; 2];
        shape && groups == 1 && channels.iter().all(|&count| count >= LEAST_CHANNELS)
    }

    /// If it pays for such a convolution.
    pub fn new(slide: &Slide, groups: usize, [inputs, outputs]: [usize; 2]) -> Option<Self> {
        let phased = Self { inputs, outputs, large: slide.input, small: slide.output, padding: slide.window.padding };
        // The products of tiles that are partly unused, on both sides, against those of the definition.
        let small = 4 * SQUARES * tiles(phased.small);
        let large = PHASES.iter().map(|&phase| SQUARES * tiles(phased.side(phase).count)).sum::<usize>();
        let pays = 3 * small.max(large) <= 2 * 16 * slide.output_len();
        (pays && Self::suits(slide.window, groups, [inputs, outputs])).then_some(phased)
    }

    /// Is it used for so many images?
    pub fn takes(&self, images: usize) -> bool {
        images >= LEAST_IMAGES
    }

    /// Elements of the scratch that a pass needs.
    pub fn spare(&self, images: usize, backward: bool) -> usize {
        let most = COLUMNS.max(images);
        let (inputs, outputs) = (self.inputs * most, self.outputs * most);
        let all = |matrices: [usize; 3]| SQUARES * matrices.map(apart).iter().sum::<usize>();
        let maps = all([ROWS * self.inputs.max(self.outputs), inputs, outputs]) + 16 * self.inputs * self.outputs;
        let grads = all([self.inputs * self.outputs, inputs, outputs]) + self.inputs * self.large[0] * self.large[1] * images;
        if backward { maps.max(grads) } else { maps }
    }

    fn definition(&self) -> Definition {
        let Self { inputs, outputs, large, small, padding } = *self;
        Definition { side: 4, stride: 2, padding, channels: [inputs, outputs], large, small }
    }

    /// What a phase has of the large maps.
    fn side(&self, phase: [usize; 2]) -> Side {
        let [y, x] = [0, 1].map(|axis| {
            let (padding, large) = (self.padding[axis], self.large[axis]);
            // Element `j` of a phase is at `2 j + phase - padding`; so many are before the map, and before the end of it:
            let before = |phase: usize| padding.saturating_sub(phase).div_ceil(2);
            let end = |phase: usize| (large + padding).saturating_sub(phase).div_ceil(2);
            // The same elements in all phases are better, even if some are beyond an edge, where they take no more tiles.
            let most = end(0).max(end(1));
            let shared = [0, 1].iter().all(|&phase| (end(phase) - before(phase)).div_ceil(OUT) == most.div_ceil(OUT));
            let from = if shared { 0 } else { before(phase[axis]) };
            let count = if shared { most } else { end(phase[axis]) - from };
            (from, (2 * from + phase[axis]) as isize - padding as isize, count)
        });
        Side { from: [y.0, x.0], first: [y.1, x.1], count: [y.2, x.2] }
    }

    /// The taps of a phase, for each small map and each large one, where those of a kernel are so far from each other.
    fn taps(&self, [y, x]: [usize; 2], apart: usize) -> Taps {
        Taps { row: 16 * self.inputs, term: 16, first: (4 * y + x) * apart, apart: [8 * apart, 2 * apart], flipped: false }
    }

    /// The tiles of a phase of the large maps that those of the small maps' chunk need.
    fn above(&self, phase: [usize; 2], small: Tiles) -> Tiles {
        let first = [0, 1].map(|axis| phase[axis] as isize - self.padding[axis] as isize);
        Tiles { size: self.large, first, stride: 2, ..small }
    }

    /// The small maps from the large ones.
    pub fn gather(&self, pass: Pass, x: &[f32], y: &mut [f32], spare: &mut [f32]) {
        self.gather_tiles(pass, x, y, spare);
        if let Some(limits) = pass.limits {
            singly::gather(&self.definition(), pass.images, pass.weight, limits, x, y);
        }
    }

    fn gather_tiles(&self, pass: Pass, x: &[f32], y: &mut [f32], spare: &mut [f32]) {
        let Pass { images, weight, begin, limits } = pass;
        let (rows, terms) = (self.outputs, self.inputs);
        let (weight, spare) = {
            let (turned, rest) = spare.split_at_mut(weight.len());
            layout::transpose(rows, 16 * terms, weight, turned, false);
            (&*turned, rest)
        };
        for to in chunks(self.small, images) {
            let columns = to.columns();
            let (u, rest) = spare.split_at_mut(SQUARES * apart(ROWS.min(rows) * terms));
            let (v, m) = rest.split_at_mut(SQUARES * apart(terms * columns));
            for (index, &phase) in PHASES.iter().enumerate() {
                winograd::data(Pairs, &self.above(phase, to), limits, x, v);
                let taps = Taps { row: 1, term: 16 * rows, ..self.taps(phase, rows) };
                for first in (0..rows).step_by(ROWS) {
                    let count = ROWS.min(rows - first);
                    winograd::weights(Pairs, taps, weight, [first, count, terms], u);
                    let start = if index > 0 { Start::Sum } else { Start::Zero };
                    products([count, terms, columns], [u, v], (&mut m[first * columns..], rows), start);
                }
            }
            winograd::sums(Pairs, &to, m, begin, y);
        }
    }

    /// The large maps from the small ones, as the gradient of [`Phased::gather`] has it.
    pub fn scatter(&self, pass: Pass, y: &[f32], x: &mut [f32], spare: &mut [f32]) {
        self.scatter_tiles(pass, y, x, spare);
        if let Some(limits) = pass.limits {
            singly::scatter(&self.definition(), pass.images, pass.weight, limits, y, x);
        }
    }

    fn scatter_tiles(&self, pass: Pass, y: &[f32], x: &mut [f32], spare: &mut [f32]) {
        let Pass { images, weight, begin, limits } = pass;
        let (rows, terms) = (self.inputs, self.outputs);
        let map = self.large[0] * self.large[1] * images;
        let mut transformed = None;
        let (weight, spare) = {
            let (turned, rest) = spare.split_at_mut(weight.len());
            for (weight, turned) in weight.chunks_exact(16 * rows).zip(turned.chunks_exact_mut(16 * rows)) {
                layout::transpose(rows, 16, weight, turned, false);
            }
            (&*turned, rest)
        };
        for phase in PHASES {
            let side = self.side(phase);
            let taps = Taps { row: 1, term: 16 * rows, flipped: true, ..self.taps(phase, rows) };
            for chunk in chunks(side.count, images) {
                let columns = chunk.columns();
                let (u, rest) = spare.split_at_mut(SQUARES * apart(ROWS.min(rows) * terms));
                let (v, m) = rest.split_at_mut(SQUARES * apart(terms * columns));
                let from = Tiles { size: self.small, first: side.from.map(|from| from as isize - 1), ..chunk };
                let to = Tiles { size: self.large, first: side.first, stride: 2, ..chunk };
                // Often the next phase reads the same.
                if transformed.replace(from) != Some(from) {
                    winograd::data(Pairs, &from, limits, y, v);
                }
                for first in (0..rows).step_by(ROWS) {
                    let count = ROWS.min(rows - first);
                    winograd::weights(Pairs, taps, weight, [first, count, terms], u);
                    products([count, terms, columns], [u, v], (m, count), Start::Zero);
                    let begin = if let Begin::Bias(bias) = begin { Begin::Bias(&bias[first..]) } else { begin };
                    winograd::sums(Pairs, &to, m, begin, &mut x[first * map..][..count * map]);
                }
            }
        }
    }

    /// The gradient of all weights, `x` being the large maps and `dy` the gradient of the small ones, or the other way round. What is beyond the
    /// limits of either is not done in tiles.
    pub fn weight_grads(&self, images: usize, maps: [&[f32]; 2], limits: [Limits; 2], to: &mut [f32], add: bool, spare: &mut [f32]) {
        self.weight_grads_tiles(images, maps, limits, to, add, spare);
        singly::weight_grads(&self.definition(), images, maps, limits, 0, to);
    }

    fn weight_grads_tiles(&self, images: usize, [x, dy]: [&[f32]; 2], limits: [Limits; 2], to: &mut [f32], add: bool, spare: &mut [f32]) {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let (sums, rest) = spare.split_at_mut(SQUARES * apart(outputs * inputs));
        let most = COLUMNS.max(images);
        let (grads, rest) = rest.split_at_mut(SQUARES * apart(outputs * most));
        let (data, turned) = rest.split_at_mut(SQUARES * apart(inputs * most));
        // As the products read it, the channels lie side by side. A transform takes them like so many more images.
        let turned = &mut turned[..x.len()];
        layout::transpose(inputs, x.len() / inputs, x, turned, false);
        if let Some(limits) = limits[0] {
            bounds::clear(limits, inputs, turned);
        }
        let mut spread = None;
        for phase in PHASES {
            for chunk in chunks(self.small, images) {
                let columns = chunk.columns();
                // All phases share it where there is one chunk.
                if spread.replace(chunk.from) != Some(chunk.from) {
                    winograd::spread(Pairs, &chunk, limits[1], dy, grads);
                }
                winograd::data(Pairs, &self.above(phase, Tiles { images: images * inputs, ..chunk }), None, turned, data);
                for square in 0..SQUARES {
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
                        start: if chunk.from > 0 { Start::Sum } else { Start::Zero },
                    };
                    outer(product, &mut sums[square * apart(outputs * inputs)..]);
                }
            }
            winograd::weight_grads(Pairs, sums, [outputs, inputs], self.taps(phase, 1), to, add);
        }
    }
}

/// A pass from large maps to small ones, or back.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// The number of images.
    pub images: usize,
    /// `[outputs, inputs, 4, 4]`
    pub weight: &'a [f32],
    /// What the results begin with.
    pub begin: Begin<'a>,
    /// What is beyond them is not done in tiles.
    pub limits: Limits<'a>,
}

/// A phase on the large maps, by axes.
struct Side {
    /// The number of its first element that is worked out.
    from: [usize; 2],
    /// The place of that on the map.
    first: [isize; 2],
    /// How many are worked out.
    count: [usize; 2],
}

/// Tiles on maps of a size.
fn tiles(size: [usize; 2]) -> usize {
    size.iter().map(|size| size.div_ceil(OUT)).product()
}

/// The chunks of tiles that cover maps of a size.
fn chunks(size: [usize; 2], images: usize) -> impl Iterator<Item = Tiles> {
    let all = tiles(size);
    let chunk = (COLUMNS / images).clamp(1, all.max(1));
    let across = size[1].div_ceil(OUT);
    (0..all).step_by(chunk).map(move |from| Tiles { size, across, first: [0; 2], stride: 1, from, to: (from + chunk).min(all), images })
}

/// The product of each square, into rows of matrices that have `whole` rows.
fn products([rows, terms, columns]: [usize; 3], [u, v]: [&[f32]; 2], (m, whole): (&mut [f32], usize), start: Start) {
    for square in 0..SQUARES {
        let product = Outer {
            m: rows,
            n: columns,
            segments: 1,
            k: terms,
            left: &u[square * apart(terms * rows)..],
            left_row: 1,
            left_cols: Every(rows),
            right: &v[square * apart(terms * columns)..],
            rows: Every(columns),
            right_segment: 0,
            out_row: columns,
            out_segment: 0,
            start,
        };
        outer(product, &mut m[square * apart(whole * columns)..]);
    }
}

#[cfg(test)]
mod tests {
    use layercake_ir::{Shape, ops::ConvTranspose2d};

    use super::*;
    use crate::{
        kernels::testing::{close, numbers},
        layers::ConvTranspose,
    };

    /// Channels in and out, height and width of the large maps, padding, images.
    type Case = ([usize; 2], [usize; 2], [usize; 2], usize);

    /// Channels as many as lines and columns; maps that are no multiple of a tile, that go on behind the last window, that are narrower than
    /// a kernel; chunks of one tile, several chunks whose last is not whole; images that are no whole vectors; rows that are no multiple of a
    /// block.
    const CASES: [Case; 8] = [
        ([16, 16], [16, 16], [1, 1], 16),
        ([32, 64], [14, 14], [1, 1], 16),
        ([17, 37], [8, 8], [1, 1], 8),
        ([19, 16], [9, 15], [0, 3], 9),
        ([16, 33], [13, 30], [2, 1], 16),
        ([35, 18], [31, 17], [1, 0], 17),
        ([16, 16], [10, 3], [1, 3], 150),
        ([70, 40], [7, 25], [3, 1], 11),
    ];

    fn phased([inputs, outputs]: [usize; 2], large: [usize; 2], padding: [usize; 2]) -> Phased {
        let small = [0, 1].map(|axis| (large[axis] + 2 * padding[axis] - 4) / 2 + 1);
        Phased { inputs, outputs, large, small, padding }
    }

    /// Calls `term` with the places of a weight, a large and a small element for each product of the definition.
    fn definition(of: &Phased, images: usize, mut term: impl FnMut(usize, usize, usize)) {
        let places = |axis: usize| {
            let all = (0..of.small[axis]).flat_map(|i| (0..4).map(move |tap| (i, tap)));
            all.filter_map(move |(i, tap)| Some((i, tap, (2 * i + tap).checked_sub(of.padding[axis]).filter(|&at| at < of.large[axis])?)))
        };
        for (o, c) in (0..of.outputs).flat_map(|o| (0..of.inputs).map(move |c| (o, c))) {
            for (i, tap, y) in places(0) {
                for (j, other, x) in places(1) {
                    let weight = (o * of.inputs + c) * 16 + tap * 4 + other;
                    let large = ((c * of.large[0] + y) * of.large[1] + x) * images;
                    let small = ((o * of.small[0] + i) * of.small[1] + j) * images;
                    (0..images).for_each(|image| term(weight, large + image, small + image));
                }
            }
        }
    }

    fn sum(wanted: &[f64], old: &[f32]) -> Vec<f32> {
        wanted.iter().zip(old).map(|(wanted, &old)| (wanted + f64::from(old)) as f32).collect()
    }

    #[test]
    fn agrees_with_the_definition_in_all_passes() {
        // Miri takes one small one.
        let cases = if cfg!(miri) { &[([16, 17], [6, 3], [1, 2], 9)][..] } else { &CASES };
        for &(channels, large, padding, images) in cases {
            let of = phased(channels, large, padding);
            let [len_x, len_y] = [of.inputs * large[0] * large[1], of.outputs * of.small[0] * of.small[1]].map(|len| len * images);
            let (x, y, weight) = (numbers(len_x, 1), numbers(len_y, 2), numbers(16 * of.inputs * of.outputs, 3));
            let [mut to_x, mut to_y, mut to_weight] = [len_x, len_y, weight.len()].map(|len| vec![0f64; len]);
            definition(&of, images, |w, large, small| {
                let [weight, value, grad] = [weight[w], x[large], y[small]].map(f64::from);
                to_y[small] += weight * value;
                to_x[large] += weight * grad;
                to_weight[w] += value * grad;
            });
            // Whatever was there must not matter.
            let forward = || vec![f32::NAN; of.spare(images, false)];
            for biased in [false, true] {
                for (large, to, channels) in [(false, &to_y, of.outputs), (true, &to_x, of.inputs)] {
                    let bias = numbers(channels, 4);
                    let len = to.len() / channels;
                    // A bias in the place of what is there, or nothing; or added to what is there.
                    let old = if biased { (0..to.len()).map(|at| bias[at / len]).collect() } else { numbers(to.len(), 5) };
                    let begin = if biased { Begin::Bias(&bias) } else { Begin::Sum };
                    let mut found = if biased { vec![f32::NAN; to.len()] } else { old.clone() };
                    let pass = Pass { images, weight: &weight, begin, limits: None };
                    if large {
                        of.scatter(pass, &y, &mut found, &mut forward());
                    } else {
                        of.gather(pass, &x, &mut found, &mut forward());
                    }
                    close(&found, &sum(to, &old), 1e-5);
                }
            }
            for add in [false, true] {
                let old = if add { numbers(weight.len(), 6) } else { vec![0.0; weight.len()] };
                let mut found = if add { old.clone() } else { vec![f32::NAN; weight.len()] };
                of.weight_grads(images, [&x, &y], [None; 2], &mut found, add, &mut vec![f32::NAN; of.spare(images, true)]);
                close(&found, &sum(&to_weight, &old), 1e-5);
            }
        }
    }

    /// A transposed convolution from 64 maps of a size, as autoencoders have it, unless something is changed.
    fn taken(change: impl Fn(&mut ConvTranspose2d), size: usize, images: usize) -> bool {
        let mut op = ConvTranspose2d {
            in_channels: 64,
            out_channels: 32,
            kernel: [4; 2],
            stride: [2; 2],
            padding: [1; 2],
            output_padding: [0; 2],
            dilation: [1; 2],
            groups: 1,
            bias: true,
        };
        change(&mut op);
        let out = |axis: usize| {
            (size - 1) * op.stride[axis] + op.dilation[axis] * (op.kernel[axis] - 1) + 1 + op.output_padding[axis] - 2 * op.padding[axis]
        };
        let layer = ConvTranspose::new(&op, &Shape::new(&[64, size, size]), &Shape::new(&[op.out_channels, out(0), out(1)]));
        layer.is_phased(images)
    }

    #[test]
    fn is_left_to_what_gains_by_it() {
        assert!(taken(|_| (), 7, 16) && taken(|_| (), 4, 8) && taken(|op| op.output_padding = [1; 2], 8, 16));
        assert!(!taken(|_| (), 5, 16), "half-empty tiles");
        assert!(!taken(|_| (), 7, 1), "few images");
        assert!(!taken(|op| op.out_channels = 1, 7, 16), "few channels");
        assert!(!taken(|op| op.groups = 2, 7, 16), "groups");
        assert!(
            !taken(|op| op.stride = [2, 1], 7, 16) && !taken(|op| op.dilation = [2; 2], 7, 16) && !taken(|op| op.kernel = [3, 4], 7, 16)
        );
    }
}
