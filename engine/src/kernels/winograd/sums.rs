//! The transform of sums, from tiles to maps.

#![allow(unsafe_code, reason = "vectors are read and written through pointers, in bounds that are checked before")]
#![allow(clippy::needless_range_loop, reason = "loops over small arrays, which have to become one piece of code")]

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::{
    lanes::Lanes,
    matrices::{Algorithm, both, times},
    tiles::Tiles,
};
use crate::kernels::simd::arch;

/// The initial values of the results of [`sums`].
#[derive(Clone, Copy, Debug)]
pub enum Begin<'a> {
    /// Zero.
    Zero,
    /// One number per channel.
    Bias(&'a [f32]),
    /// The previous content.
    Sum,
}

/// `A' m A` of products `[SIDE * SIDE, channels, columns]`, to the maps `y`; the parts of tiles outside a map are dropped.
pub fn sums<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>>(_: K, tiles: &Tiles, m: &[f32], begin: Begin, y: &mut [f32]) {
    arch().dispatch(Sums::<SIDE, OUT, K> { tiles, from: m, begin, to: y, kernel: PhantomData });
}

struct Sums<'a, const SIDE: usize, const OUT: usize, K> {
    tiles: &'a Tiles,
    from: &'a [f32],
    begin: Begin<'a>,
    to: &'a mut [f32],
    kernel: PhantomData<K>,
}

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> WithSimd for Sums<'_, SIDE, OUT, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { tiles, from, begin, to, .. } = self;
        let images = tiles.images;
        let [map, columns, matrix, all] = tiles.sizes(to.len(), SIDE * SIDE);
        // The vectors rely on this bound and on that of a position on a map.
        assert!(from.len() >= all, "products too short");
        for (channel, to) in to.chunks_exact_mut(map).enumerate() {
            let bias = simd.splat_f32s(if let Begin::Bias(bias) = begin { bias[channel] } else { 0.0 });
            for tile in tiles.from..tiles.to {
                let row = channel * columns + (tile - tiles.from) * images;
                let corner = tiles.corner(tile, [OUT, OUT]);
                for first in (0..images).step_by(S::F32_LANES) {
                    let lanes = Lanes::new(simd, images - first);
                    both::<S, OUT, SIDE>(
                        simd,
                        #[inline(always)]
                        |y| {
                            let mut line = [simd.splat_f32s(0.0); SIDE];
                            for x in 0..SIDE {
                                let from = from.as_ptr().wrapping_add((y * SIDE + x) * matrix + row + first);
                                // SAFETY: the matrices are inside by the assert, and `row + images` is within one.
                                line[x] = unsafe { lanes.load(simd, from) };
                            }
                            line
                        },
                        #[inline(always)]
                        |x| times(simd, &K::SUMS, x),
                        #[inline(always)]
                        |x, done| {
                            for y in 0..OUT {
                                let Some(at) = corner.at(y, x) else { continue };
                                let to = to.as_mut_ptr().wrapping_add(at * images + first);
                                // SAFETY: the position is on the map, of which every one has all images.
                                unsafe {
                                    let old = if let Begin::Sum = begin { lanes.load(simd, to) } else { bias };
                                    lanes.store(simd, simd.add_f32s(old, done[y]), to);
                                }
                            }
                        },
                    );
                }
            }
        }
    }
}
