//! The transforms on maps whose channels are innermost, `[images, height, width, channels]`: vectors are channels, and a matrix is `[tiles, channels]`.
//!
//! All threads of the pool work on one layer: each transforms some of the tiles.

#![allow(unsafe_code, reason = "vectors are read and written through pointers, in bounds that are checked before")]
#![allow(clippy::needless_range_loop, reason = "loops over small arrays, which have to become one piece of code")]

use std::{marker::PhantomData, ops::Range};

use pulp::{MemMask, Simd, WithSimd};

use super::{
    apart,
    corner::Corner,
    matrices::{Algorithm, Kernel, both, times},
};
use crate::kernels::{
    channels::{
        Tail,
        pack::Panels,
        product::{load, store, within},
        team::{self, Shared},
    },
    simd::{arch, vectorized},
};

/// The tiles on maps of several images, numbered image by image.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// Height and width of the maps that tiles read.
    pub input: [usize; 2],
    /// Height and width of the maps that tiles write.
    pub output: [usize; 2],
    /// Zeros above and to the left of the input.
    pub padding: [usize; 2],
    /// The outputs of a tile along an axis.
    pub out: usize,
}

impl Places {
    /// The number of tiles of an image, down and across.
    pub fn grid(&self) -> [usize; 2] {
        self.output.map(|size| size.div_ceil(self.out))
    }

    /// The image of a tile, and the line and the column of its first output.
    #[inline(always)]
    fn at(&self, tile: usize) -> (usize, [usize; 2]) {
        let [down, across] = self.grid();
        let (image, tile) = (tile / (down * across), tile % (down * across));
        (image, [tile / across * self.out, tile % across * self.out])
    }
}

/// The number of elements of all matrices of some tiles.
pub fn room(squares: usize, tiles: usize, channels: usize) -> usize {
    squares * apart(tiles * channels)
}

/// `B' x B` of some tiles, to `[SIDE * SIDE, tiles, channels]`.
///
/// # Panics
/// Panics if a slice is too short for the sizes.
pub fn data<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT> + Send + Sync>(
    _: K,
    places: &Places,
    channels: usize,
    tiles: Range<usize>,
    x: &[f32],
    to: &mut [f32],
) {
    let images = x.len() / (places.input[0] * places.input[1] * channels);
    assert!(places.out == OUT && tiles.end <= images * places.grid().iter().product::<usize>(), "tiles of the maps");
    assert!(to.len() >= room(SIDE * SIDE, tiles.len(), channels), "no room for the transform");
    let to = Shared::new(to);
    let parts = team::parts(tiles.len() * channels * SIDE * SIDE * 4).min(tiles.len());
    team::each(parts, |part| {
        let own = team::share(tiles.len(), parts, part);
        arch().dispatch(Data::<SIDE, OUT, K> {
            places,
            channels,
            first: tiles.start,
            matrix: apart(tiles.len() * channels),
            own,
            x,
            to,
            matrices: PhantomData,
        });
    });
}

struct Data<'a, const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> {
    places: &'a Places,
    channels: usize,
    /// The first tile of the matrices.
    first: usize,
    matrix: usize,
    /// The tiles of this part, from the first on.
    own: Range<usize>,
    x: &'a [f32],
    to: Shared<'a>,
    matrices: PhantomData<K>,
}

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> WithSimd for Data<'_, SIDE, OUT, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { places, channels, first, matrix, own, x, to, .. } = self;
        let map = places.input[0] * places.input[1] * channels;
        for tile in own {
            let (image, [y, x_first]) = places.at(first + tile);
            let start = [(y, 0), (x_first, 1)].map(|(at, axis)| (at as isize).wrapping_sub_unsigned(places.padding[axis]));
            let corner = Corner::new(start, [SIDE, 1], places.input);
            let from = &x[image * map..][..map];
            for channel in (0..channels).step_by(S::F32_LANES) {
                let mask = mask(simd, channels - channel);
                let row = tile * channels + channel;
                both::<S, SIDE, SIDE>(
                    simd,
                    #[inline(always)]
                    |y| {
                        let mut line = [simd.splat_f32s(0.0); SIDE];
                        for x in 0..SIDE {
                            if let Some(at) = corner.at(y, x) {
                                // SAFETY: the position is on the map, and the channels in the mask exist.
                                line[x] = unsafe { load(simd, from.as_ptr().wrapping_add(at * channels + channel), mask) };
                            }
                        }
                        line
                    },
                    #[inline(always)]
                    |line| times(simd, &K::DATA, line),
                    #[inline(always)]
                    |x, done| {
                        for y in 0..SIDE {
                            // SAFETY: the row of this tile, which belongs to one part, in a matrix of which `data` has checked that it is there.
                            unsafe { store(simd, done[y], to.at((y * SIDE + x) * matrix + row), mask) };
                        }
                    },
                );
            }
        }
    }
}

/// `A' M A` of some tiles, with a bias for each channel, to the maps of `y`.
///
/// # Panics
/// Panics if a slice is too short for the sizes.
#[allow(clippy::too_many_arguments, reason = "one slice in, one out, and what is added to it")]
pub fn sums<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT> + Send + Sync>(
    _: K,
    places: &Places,
    channels: usize,
    tiles: Range<usize>,
    from: &[f32],
    bias: &[f32],
    tail: Tail,
    y: &mut [f32],
) {
    let map = places.output[0] * places.output[1] * channels;
    assert!(places.out == OUT && tiles.end <= y.len() / map * places.grid().iter().product::<usize>(), "tiles of the maps");
    assert!(from.len() >= room(SIDE * SIDE, tiles.len(), channels) && bias.len() >= channels, "too few sums");
    assert!(tail.residual.is_none_or(|residual| residual.len() == y.len()), "a residual has the size of the result");
    let y = Shared::new(y);
    let parts = team::parts(tiles.len() * channels * SIDE * SIDE * 4).min(tiles.len());
    team::each(parts, |part| {
        let own = team::share(tiles.len(), parts, part);
        let matrix = apart(tiles.len() * channels);
        arch().dispatch(Sums::<SIDE, OUT, K> {
            places,
            channels,
            first: tiles.start,
            matrix,
            own,
            from,
            bias,
            tail,
            y,
            matrices: PhantomData,
        });
    });
}

struct Sums<'a, const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> {
    places: &'a Places,
    channels: usize,
    /// The first tile of the matrices.
    first: usize,
    matrix: usize,
    /// The tiles of this part, from the first on.
    own: Range<usize>,
    from: &'a [f32],
    bias: &'a [f32],
    tail: Tail<'a>,
    y: Shared<'a>,
    matrices: PhantomData<K>,
}

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> WithSimd for Sums<'_, SIDE, OUT, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { places, channels, first, matrix, own, from, bias, tail, y: to, .. } = self;
        let map = places.output[0] * places.output[1] * channels;
        for tile in own {
            let (image, start) = places.at(first + tile);
            let corner = Corner::new(start.map(|at| at as isize), [OUT, 1], places.output);
            for channel in (0..channels).step_by(S::F32_LANES) {
                let mask = mask(simd, channels - channel);
                let row = tile * channels + channel;
                // SAFETY: the bias has all channels.
                let bias = unsafe { load(simd, bias.as_ptr().wrapping_add(channel), mask) };
                both::<S, OUT, SIDE>(
                    simd,
                    #[inline(always)]
                    |y| {
                        let mut line = [simd.splat_f32s(0.0); SIDE];
                        for x in 0..SIDE {
                            // SAFETY: the row of this tile, in a matrix of which `sums` has checked that it is there.
                            line[x] = unsafe { load(simd, from.as_ptr().wrapping_add((y * SIDE + x) * matrix + row), mask) };
                        }
                        line
                    },
                    #[inline(always)]
                    |line| times(simd, &K::SUMS, line),
                    #[inline(always)]
                    |x, done| {
                        for y in 0..OUT {
                            let Some(at) = corner.at(y, x) else { continue };
                            let at = image * map + at * channels + channel;
                            let mut sum = simd.add_f32s(done[y], bias);
                            if let Some(residual) = tail.residual {
                                // SAFETY: it has the size of the result.
                                sum = simd.add_f32s(sum, unsafe { load(simd, residual.as_ptr().wrapping_add(at), mask) });
                            }
                            if let Some(limits) = tail.limits {
                                sum = within(simd, sum, limits);
                            }
                            // SAFETY: the position is on the map of this tile's image, and belongs to this tile.
                            unsafe { store(simd, sum, to.at(at), mask) };
                        }
                    },
                );
            }
        }
    }
}

/// `G g G'` of all kernels, packed as factors of the products: one matrix after the other. `scale` has a factor for each output channel.
///
/// # Panics
/// Panics if a slice is too short for the sizes.
pub fn pack<const SIDE: usize, K: Kernel<SIDE, 3>>(_: K, panels: &Panels, inputs: usize, weight: &[f32], scale: &[f32], to: &mut [f32]) {
    let matrix = inputs * panels.padded();
    assert!(
        to.len() >= SIDE * SIDE * matrix && weight.len() >= panels.outputs * inputs * 9 && scale.len() >= panels.outputs,
        "all kernels"
    );
    to[..SIDE * SIDE * matrix].fill(0.0);
    vectorized(
        #[inline(always)]
        || {
            for panel in 0..panels.count {
                let [first, last] = [panel, panel + 1].map(|panel| panels.first(panel) * panels.lanes);
                for input in 0..inputs {
                    for channel in first..last.min(panels.outputs) {
                        let at = first * inputs + input * (last - first) + channel - first;
                        let kernel = &weight[(channel * inputs + input) * 9..][..9];
                        let mut half = [[0.0; 3]; SIDE];
                        for y in 0..SIDE {
                            for x in 0..3 {
                                half[y][x] = (0..3).map(|i| K::WEIGHT[y][i] * kernel[3 * i + x]).sum();
                            }
                        }
                        for (square, to) in to.chunks_exact_mut(matrix).take(SIDE * SIDE).enumerate() {
                            let (y, x) = (square / SIDE, square % SIDE);
                            to[at] = (0..3).map(|i| half[y][i] * K::WEIGHT[x][i]).sum::<f32>() * scale[channel];
                        }
                    }
                }
            }
        },
    );
}

/// The mask of a vector with this number of channels from its beginning on, unless it is whole.
#[inline(always)]
fn mask<S: Simd>(simd: S, channels: usize) -> Option<MemMask<S::m32s>> {
    (channels < S::F32_LANES).then(|| MemMask::new(simd.mask_between_m32s(0, channels as u32).mask()))
}
