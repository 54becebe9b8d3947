//! 3x3 convolutions by Winograd's algorithms.

use layercake_ir::ops::Conv2d;

use crate::kernels::{
    Slide,
    channels::{
        Tail,
        pack::Panels,
        product::{Product, product_alone},
        team,
    },
    winograd::{
        Four, Two, bounds,
        places::{Places, data, pack, room, sums},
    },
};

/// With fewer channels on either side the definition is faster.
const LEAST_CHANNELS: usize = 16;
/// The bytes of the matrices of a strip of tiles, roughly. They are written once and read once, by all threads.
const STRIP: usize = 8 << 20;
/// A strip has at least this many tiles, so that each weight that is read is used as often.
const LEAST_TILES: usize = 64;
/// The time to read a weight, in products: weights of large layers come from memory.
const READ: usize = 32;
/// The time to transform an element of a tile, in products.
const TRANSFORM: usize = 10;

/// Operations for an element of a function, roughly.
const FUNCTION: usize = 16;
/// The number of elements that stay in a level-1 cache.
const PIECE: usize = 4096;

/// A convolution in tiles.
#[derive(Clone, Copy, Debug)]
pub struct Tiled {
    places: Places,
    inputs: usize,
    outputs: usize,
}

/// The images that have outliers.
pub struct Outliers<'a> {
    lines: &'a [f32],
    of_image: usize,
    channels: usize,
    positions: usize,
}

impl Outliers<'_> {
    /// Whether an image has some.
    pub fn has(&self, image: usize) -> bool {
        bounds::stand_out(self.channels, self.positions, &self.lines[image * self.of_image..][..self.of_image])
    }
}

impl Tiled {
    /// The algorithm, if it is faster for this convolution and number of images.
    pub fn new(op: &Conv2d, slide: &Slide, images: usize) -> Option<Self> {
        let window = slide.window;
        let plain = window.kernel == [3; 2] && window.stride == [1; 2] && window.dilation == [1; 2] && op.groups == 1;
        let [inputs, outputs] = [op.in_channels, op.out_channels];
        if !plain || window.padding.iter().any(|&padding| padding > 2) || inputs.min(outputs) < LEAST_CHANNELS {
            return None;
        }
        let tiled =
            |out| Self { places: Places { input: slide.input, output: slide.output, padding: window.padding, out }, inputs, outputs };
        let pairs = inputs as u128 * outputs as u128;
        let cost = |tiled: &Self| {
            let (squares, tiles) = (tiled.squares() as u128, (images * tiled.tiles()) as u128);
            squares * (pairs * (tiles + READ as u128) + tiles * (inputs + outputs) as u128 * TRANSFORM as u128)
        };
        let definition = 9 * pairs * (images as u128 * slide.output_len() as u128 + READ as u128);
        [tiled(2), tiled(4)].into_iter().filter(|tiled| cost(tiled) < definition).min_by_key(cost)
    }

    fn side(&self) -> usize {
        self.places.out + 2
    }

    /// The number of matrices.
    fn squares(&self) -> usize {
        self.side() * self.side()
    }

    /// The number of tiles of an image.
    fn tiles(&self) -> usize {
        self.places.grid().iter().product()
    }

    /// The number of tiles that are done at a time.
    fn strip(&self, images: usize) -> usize {
        let bytes = self.squares() * (self.inputs + self.outputs) * size_of::<f32>();
        let all = self.tiles() * images;
        all.div_ceil(all.div_ceil((STRIP / bytes).max(LEAST_TILES)))
    }

    /// The number of elements of [`Tiled::convolve`]'s scratch memory.
    pub fn spare(&self, images: usize) -> usize {
        let strip = self.strip(images);
        let matrices: usize = [self.inputs, self.outputs].iter().map(|&channels| room(self.squares(), strip, channels)).sum();
        matrices + self.places.input[0] * images * bounds::LINE
    }

    /// The number of elements of the transformed weights, and zeros for each output channel.
    pub fn packs(&self, panels: &Panels) -> usize {
        (self.squares() * self.inputs + 1) * panels.padded()
    }

    /// Transforms the weights, each output channel times a factor.
    pub fn pack(&self, panels: &Panels, weight: &[f32], scale: &[f32], to: &mut [f32]) {
        let (zeros, packed) = to.split_at_mut(panels.padded());
        zeros.fill(0.0);
        match self.places.out {
            2 => pack::<4, _>(Two, panels, self.inputs, weight, scale, packed),
            _ => pack::<6, _>(Four, panels, self.inputs, weight, scale, packed),
        }
    }

    /// The convolution, except for images with outliers: what is written of these is arbitrary.
    #[allow(clippy::too_many_arguments, reason = "one slice in, one out, scratch, and what is multiplied and added")]
    pub fn convolve<'a>(
        &self,
        panels: &Panels,
        packed: &[f32],
        bias: &[f32],
        tail: Tail,
        x: &[f32],
        spare: &'a mut [f32],
        y: &mut [f32],
    ) -> Outliers<'a> {
        let [height, width] = self.places.input;
        let positions = height * width;
        let images = x.len() / (positions * self.inputs);
        let (lines, spare) = spare.split_at_mut(height * images * bounds::LINE);
        let line = width * self.inputs;
        team::rows(lines, bounds::LINE, line, |first, lines| {
            for (i, to) in lines.chunks_exact_mut(bounds::LINE).enumerate() {
                to.copy_from_slice(&bounds::line(self.inputs, &x[(first + i) * line..][..line]));
            }
        });
        let strip = self.strip(images);
        let (of_data, rest) = spare.split_at_mut(room(self.squares(), strip, self.inputs));
        let of_sums = &mut rest[..room(self.squares(), strip, self.outputs)];
        let all = self.tiles() * images;
        for from in (0..all).step_by(strip) {
            let tiles = from..(from + strip).min(all);
            match self.places.out {
                2 => data::<4, 2, _>(Two, &self.places, self.inputs, tiles.clone(), x, of_data),
                _ => data::<6, 4, _>(Four, &self.places, self.inputs, tiles.clone(), x, of_data),
            }
            self.multiply(panels, packed, tiles.len(), of_data, of_sums);
            let limits = Tail { function: None, ..tail };
            match self.places.out {
                2 => sums::<4, 2, _>(Two, &self.places, self.outputs, tiles, of_sums, bias, limits, y),
                _ => sums::<6, 4, _>(Four, &self.places, self.outputs, tiles, of_sums, bias, limits, y),
            }
        }
        if let Some(function) = tail.function {
            team::rows(y, 1, FUNCTION, |_, y| y.chunks_mut(PIECE).for_each(|y| function.forward(y)));
        }
        Outliers { lines, of_image: height * bounds::LINE, channels: self.inputs, positions }
    }

    /// The products of all matrices, each by one thread.
    fn multiply(&self, panels: &Panels, packed: &[f32], tiles: usize, from: &[f32], to: &mut [f32]) {
        let (zeros, packed) = packed.split_at(panels.padded());
        let [from_matrix, to_matrix] = [self.inputs, self.outputs].map(|channels| room(1, tiles, channels));
        let squares = self.squares();
        let parts = team::parts(squares * tiles * self.inputs * self.outputs).min(squares);
        team::split(to, to_matrix, squares, parts, |square, to| {
            let of = Product {
                positions: [1, 1, tiles],
                steps: [0, 0, self.inputs],
                x: &from[square * from_matrix..][..tiles * self.inputs],
                segments: &[0],
                len: self.inputs,
                panels: *panels,
                weight: &packed[square * self.inputs * panels.padded()..],
                bias: zeros,
                out_row: self.outputs,
                out_first: 0,
                tail: Tail::default(),
            };
            product_alone(of, &mut to[..tiles * self.outputs]);
        });
    }
}
