//! The transforms between kernels and tiles: weights and their gradients.

#![allow(clippy::needless_range_loop, reason = "loops over small arrays, which have to become one piece of code")]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    apart,
    matrices::{Kernel, both, times, turned},
};
use crate::kernels::simd::{arch, load, store};

/// The positions of a product's weights: those of row `i` and term `k` begin at `i * row + k * term`. Adjacent rows are read several at a
/// time.
#[derive(Clone, Copy, Debug)]
pub struct Taps {
    /// The distance between rows.
    pub row: usize,
    /// The distance between terms.
    pub term: usize,
    /// The position of the first tap.
    pub first: usize,
    /// The distances to the tap below and to the tap on the right.
    pub apart: [usize; 2],
    /// Whether the taps are read from the last to the first, as for the gradient of the input.
    pub flipped: bool,
}

impl Taps {
    /// The distance from the first tap to the one at this line and column.
    #[inline(always)]
    fn at(&self, taps: usize, [y, x]: [usize; 2]) -> usize {
        let [y, x] = if self.flipped { [taps - 1 - y, taps - 1 - x] } else { [y, x] };
        self.first + y * self.apart[0] + x * self.apart[1]
    }
}

/// `G w G'` of `rows` rows from `first` on and `terms` terms, to `[SIDE * SIDE, terms, rows]`.
pub fn weights<const SIDE: usize, const TAPS: usize, K: Kernel<SIDE, TAPS>>(
    _: K,
    taps: Taps,
    from: &[f32],
    [first, rows, terms]: [usize; 3],
    to: &mut [f32],
) {
    arch().dispatch(Weights::<SIDE, TAPS, K> { taps, from, first, rows, terms, to, kernel: PhantomData });
}

struct Weights<'a, const SIDE: usize, const TAPS: usize, K> {
    taps: Taps,
    from: &'a [f32],
    first: usize,
    rows: usize,
    terms: usize,
    to: &'a mut [f32],
    kernel: PhantomData<K>,
}

/// The widest vector.
const WIDEST: usize = 16;

impl<const SIDE: usize, const TAPS: usize, K: Kernel<SIDE, TAPS>> WithSimd for Weights<'_, SIDE, TAPS, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Weights { taps, from, first, rows, terms, to, .. } = self;
        let places = places::<TAPS>(taps);
        let reach = places.as_flattened().iter().max().map_or(0, |last| last + 1);
        for group in (0..rows).step_by(S::F32_LANES) {
            let len = S::F32_LANES.min(rows - group);
            for term in 0..terms {
                let mut kernels = [[[0f32; WIDEST]; TAPS]; TAPS];
                if taps.row > 1 {
                    for lane in 0..len {
                        let from = &from[(first + group + lane) * taps.row + term * taps.term..][..reach];
                        for (kernels, places) in kernels.iter_mut().zip(&places) {
                            for (kernel, &place) in kernels.iter_mut().zip(places) {
                                kernel[lane] = from[place];
                            }
                        }
                    }
                }
                both::<S, SIDE, TAPS>(
                    simd,
                    #[inline(always)]
                    |y| {
                        let mut line = [simd.splat_f32s(0.0); TAPS];
                        for x in 0..TAPS {
                            let beside = || &from[first + group + term * taps.term + places[y][x]..][..len];
                            line[x] = load(simd, if taps.row > 1 { &kernels[y][x] } else { beside() });
                        }
                        line
                    },
                    #[inline(always)]
                    |x| times(simd, &K::WEIGHT, x),
                    #[inline(always)]
                    |x, done| {
                        for y in 0..SIDE {
                            store(simd, done[y], &mut to[(y * SIDE + x) * apart(terms * rows) + term * rows + group..][..len]);
                        }
                    },
                );
            }
        }
    }
}

/// All values of [`Taps::at`] for a square.
#[inline(always)]
fn places<const TAPS: usize>(taps: Taps) -> [[usize; TAPS]; TAPS] {
    std::array::from_fn(|y| std::array::from_fn(|x| taps.at(TAPS, [y, x])))
}

/// `G' u G` of `u`, `[SIDE * SIDE, rows, terms]`, to the taps of each row and term in `to`; overwrites or is added.
pub fn weight_grads<const SIDE: usize, const TAPS: usize, K: Kernel<SIDE, TAPS>>(
    _: K,
    u: &[f32],
    [rows, terms]: [usize; 2],
    taps: Taps,
    to: &mut [f32],
    add: bool,
) {
    arch().dispatch(WeightGrads::<SIDE, TAPS, K> { u, rows, terms, taps, to, add, kernel: PhantomData });
}

struct WeightGrads<'a, const SIDE: usize, const TAPS: usize, K> {
    u: &'a [f32],
    rows: usize,
    terms: usize,
    taps: Taps,
    to: &'a mut [f32],
    add: bool,
    kernel: PhantomData<K>,
}

impl<const SIDE: usize, const TAPS: usize, K: Kernel<SIDE, TAPS>> WithSimd for WeightGrads<'_, SIDE, TAPS, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let WeightGrads { u, rows, terms, taps, to, add, .. } = self;
        let places = places::<TAPS>(taps);
        let reach = places.as_flattened().iter().max().map_or(0, |last| last + 1);
        for i in 0..rows {
            for group in (0..terms).step_by(S::F32_LANES) {
                let len = S::F32_LANES.min(terms - group);
                let mut kernels = [[[0f32; WIDEST]; TAPS]; TAPS];
                both::<S, TAPS, SIDE>(
                    simd,
                    #[inline(always)]
                    |y| {
                        let mut line = [simd.splat_f32s(0.0); SIDE];
                        for x in 0..SIDE {
                            line[x] = load(simd, &u[(y * SIDE + x) * apart(rows * terms) + i * terms + group..][..len]);
                        }
                        line
                    },
                    #[inline(always)]
                    |x| turned(simd, &K::WEIGHT, x),
                    #[inline(always)]
                    |x, done| {
                        for y in 0..TAPS {
                            store(simd, done[y], &mut kernels[y][x]);
                        }
                    },
                );
                for lane in 0..len {
                    let to = &mut to[i * taps.row + (group + lane) * taps.term..][..reach];
                    for (kernels, places) in kernels.iter().zip(&places) {
                        for (kernel, &place) in kernels.iter().zip(places) {
                            to[place] = if add { to[place] + kernel[lane] } else { kernel[lane] };
                        }
                    }
                }
            }
        }
    }
}
