//! The transforms of data and gradients, from maps to tiles.

#![allow(unsafe_code, reason = "vectors are read and written through pointers, in bounds that are checked before")]
#![allow(clippy::needless_range_loop, reason = "loops over small arrays, which have to become one piece of code")]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    bounds::Limits,
    lanes::Lanes,
    matrices::{Algorithm, both, times, turned},
    tiles::Tiles,
};
use crate::kernels::simd::arch;

/// `B' x B` of every channel of `x`, with zeros for elements beyond the limits and outside the map, to `[SIDE * SIDE, channels, columns]`.
pub fn data<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>>(_: K, tiles: &Tiles, limits: Limits, x: &[f32], to: &mut [f32]) {
    arch().dispatch(Taken::<SIDE, SIDE, OUT, Data<OUT, K>> { tiles, from: x, limits, to, matrix: PhantomData });
}

/// `A dy A'` of every channel of `dy`, with zeros for elements beyond the limits and outside the map, to `[SIDE * SIDE, channels,
/// columns]`.
pub fn spread<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>>(
    _: K,
    tiles: &Tiles,
    limits: Limits,
    dy: &[f32],
    to: &mut [f32],
) {
    arch().dispatch(Taken::<OUT, SIDE, OUT, Spread<K>> { tiles, from: dy, limits, to, matrix: PhantomData });
}

/// The matrix of a transform.
trait Matrix<const IN: usize, const SIDE: usize> {
    /// The matrix times a line of a square.
    fn times<S: Simd>(simd: S, line: [S::f32s; IN]) -> [S::f32s; SIDE];
}

/// `B'`
struct Data<const OUT: usize, K>(PhantomData<K>);

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> Matrix<SIDE, SIDE> for Data<OUT, K> {
    #[inline(always)]
    fn times<S: Simd>(simd: S, line: [S::f32s; SIDE]) -> [S::f32s; SIDE] {
        times(simd, &K::DATA, line)
    }
}

/// `A`
struct Spread<K>(PhantomData<K>);

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> Matrix<OUT, SIDE> for Spread<K> {
    #[inline(always)]
    fn times<S: Simd>(simd: S, line: [S::f32s; OUT]) -> [S::f32s; SIDE] {
        turned(simd, &K::SUMS, line)
    }
}

/// Reads squares of `IN x IN` from maps, `STEP` apart, and writes their transforms where products read them.
struct Taken<'a, const IN: usize, const SIDE: usize, const STEP: usize, M> {
    tiles: &'a Tiles,
    from: &'a [f32],
    /// Elements beyond them count as zero.
    limits: Limits<'a>,
    to: &'a mut [f32],
    matrix: PhantomData<M>,
}

impl<const IN: usize, const SIDE: usize, const STEP: usize, M: Matrix<IN, SIDE>> WithSimd for Taken<'_, IN, SIDE, STEP, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.limits {
            None => self.run::<S, false>(simd, &[]),
            Some(limits) => self.run::<S, true>(simd, limits),
        }
    }
}

impl<const IN: usize, const SIDE: usize, const STEP: usize, M: Matrix<IN, SIDE>> Taken<'_, IN, SIDE, STEP, M> {
    /// Without `LIMITED` nothing is compared: the comparison takes three more operations per element.
    #[inline(always)]
    fn run<S: Simd, const LIMITED: bool>(self, simd: S, limits: &[f32]) {
        let Self { tiles, from, to, .. } = self;
        let images = tiles.images;
        let [map, columns, matrix, all] = tiles.sizes(from.len(), SIDE * SIDE);
        // The vectors rely on these bounds and on that of a position on a map.
        assert!(to.len() >= all, "no room for the transform");
        assert!(!LIMITED || limits.len() >= images, "a limit for each image");
        for (channel, from) in from.chunks_exact(map).enumerate() {
            for tile in tiles.from..tiles.to {
                let corner = tiles.corner(tile, [IN, STEP]);
                let row = channel * columns + (tile - tiles.from) * images;
                for first in (0..images).step_by(S::F32_LANES) {
                    let lanes = Lanes::new(simd, images - first);
                    // SAFETY: there is a limit for each image, by the assert.
                    let limit =
                        if LIMITED { unsafe { lanes.load(simd, limits.as_ptr().wrapping_add(first)) } } else { simd.splat_f32s(0.0) };
                    both::<S, SIDE, IN>(
                        simd,
                        #[inline(always)]
                        |y| {
                            let mut line = [simd.splat_f32s(0.0); IN];
                            for x in 0..IN {
                                if let Some(at) = corner.at(y, x) {
                                    // SAFETY: the position is on the map, of which every one has all images.
                                    let number = unsafe { lanes.load(simd, from.as_ptr().wrapping_add(at * images + first)) };
                                    line[x] = if LIMITED { within(simd, number, limit) } else { number };
                                }
                            }
                            line
                        },
                        #[inline(always)]
                        |line| M::times(simd, line),
                        #[inline(always)]
                        |x, done| {
                            for y in 0..SIDE {
                                let to = to.as_mut_ptr().wrapping_add((y * SIDE + x) * matrix + row + first);
                                // SAFETY: the matrices are inside by the assert, and `row + images` is within one.
                                unsafe { lanes.store(simd, done[y], to) };
                            }
                        },
                    );
                }
            }
        }
    }
}

/// The elements within the limit, zeros for the others.
#[inline(always)]
fn within<S: Simd>(simd: S, x: S::f32s, limit: S::f32s) -> S::f32s {
    simd.select_f32s(simd.less_than_or_equal_f32s(simd.abs_f32s(x), limit), x, simd.splat_f32s(0.0))
}
