//! Data and sums: the transforms between maps and tiles.

#![allow(unsafe_code, reason = "vectors are read and written through pointers, in bounds that are checked before")]
#![allow(clippy::needless_range_loop, reason = "loops over small arrays, which have to become one piece of code")]

use std::marker::PhantomData;

use pulp::{MemMask, Simd, WithSimd};

use super::{
    apart,
    bounds::Limits,
    corner::Corner,
    matrices::{Algorithm, both, times, turned},
};
use crate::kernels::simd::arch;

/// Maps and the tiles on them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tiles {
    /// Height and width.
    pub size: [usize; 2],
    /// Tiles in a row of them.
    pub across: usize,
    /// The first line and column of the first tile; below zero where it begins in the padding.
    pub first: [isize; 2],
    /// From one element of a tile to the next, so many of the map.
    pub stride: usize,
    /// The tiles that are worked on.
    pub from: usize,
    /// The one after the last of them.
    pub to: usize,
    /// The number of images.
    pub images: usize,
}

impl Tiles {
    /// So many numbers a channel come out of a transform, for each position in a tile.
    pub fn columns(&self) -> usize {
        (self.to - self.from) * self.images
    }

    /// Where a tile's square of `side` elements is, `step` elements apart.
    #[inline(always)]
    fn corner(&self, tile: usize, [side, step]: [usize; 2]) -> Corner {
        let [y, x] = [tile / self.across, tile % self.across].map(|tile| (tile * step * self.stride) as isize);
        Corner::new([self.first[0].wrapping_add(y), self.first[1].wrapping_add(x)], [side, self.stride], self.size)
    }

    /// Elements of a map, columns of a matrix and its elements, where `len` elements of maps are as many channels; and the matrices' elements.
    ///
    /// # Panics
    /// If they cannot be counted.
    fn sizes(&self, len: usize, squares: usize) -> [usize; 4] {
        let all = || {
            let map = self.size[0].checked_mul(self.size[1])?.checked_mul(self.images)?;
            let columns = self.to.checked_sub(self.from)?.checked_mul(self.images)?;
            let whole = len.checked_div(map)?.checked_mul(columns)?;
            let matrix = apart(whole);
            Some([map, columns, matrix, (squares - 1).checked_mul(matrix)?.checked_add(whole)?])
        };
        all().expect("tiles that can be counted, on a map that has elements")
    }
}

/// What a kernel reads and writes.
struct Squares<'a, const SIDE: usize, const OUT: usize, K> {
    tiles: &'a Tiles,
    from: &'a [f32],
    /// What is beyond them counts as zero.
    limits: Limits<'a>,
    to: &'a mut [f32],
    kernel: PhantomData<K>,
}

/// `B' x B` of every channel of `x`, what is beyond the limits and around it zeros, to `[SIDE * SIDE, channels, columns]`.
pub fn data<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>>(_: K, tiles: &Tiles, limits: Limits, x: &[f32], to: &mut [f32]) {
    arch().dispatch(Data(Squares::<SIDE, OUT, K> { tiles, from: x, limits, to, kernel: PhantomData }));
}

struct Data<'a, const SIDE: usize, const OUT: usize, K>(Squares<'a, SIDE, OUT, K>);

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> WithSimd for Data<'_, SIDE, OUT, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Squares { tiles, from, limits, to, .. } = self.0;
        match limits {
            None => taken::<S, SIDE, SIDE, OUT, false>(
                simd,
                tiles,
                from,
                &[],
                to,
                #[inline(always)]
                |x| times(simd, &K::DATA, x),
            ),
            Some(limits) => taken::<S, SIDE, SIDE, OUT, true>(
                simd,
                tiles,
                from,
                limits,
                to,
                #[inline(always)]
                |x| times(simd, &K::DATA, x),
            ),
        }
    }
}

/// `A dy A'` of every channel of `dy`, what is beyond the limits and beyond its edges zeros, to `[SIDE * SIDE, channels, columns]`.
pub fn spread<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>>(
    _: K,
    tiles: &Tiles,
    limits: Limits,
    dy: &[f32],
    to: &mut [f32],
) {
    arch().dispatch(Spread(Squares::<SIDE, OUT, K> { tiles, from: dy, limits, to, kernel: PhantomData }));
}

struct Spread<'a, const SIDE: usize, const OUT: usize, K>(Squares<'a, SIDE, OUT, K>);

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> WithSimd for Spread<'_, SIDE, OUT, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Squares { tiles, from, limits, to, .. } = self.0;
        match limits {
            None => taken::<S, OUT, SIDE, OUT, false>(
                simd,
                tiles,
                from,
                &[],
                to,
                #[inline(always)]
                |x| turned(simd, &K::SUMS, x),
            ),
            Some(limits) => taken::<S, OUT, SIDE, OUT, true>(
                simd,
                tiles,
                from,
                limits,
                to,
                #[inline(always)]
                |x| turned(simd, &K::SUMS, x),
            ),
        }
    }
}

/// Takes squares of `IN x IN` from maps, `STEP` apart, what is beyond the limits as zeros if it is `LIMITED`, and puts what becomes of them
/// where products read it.
#[inline(always)]
fn taken<S: Simd, const IN: usize, const SIDE: usize, const STEP: usize, const LIMITED: bool>(
    simd: S,
    tiles: &Tiles,
    from: &[f32],
    limits: &[f32],
    to: &mut [f32],
    part: impl Fn([S::f32s; IN]) -> [S::f32s; SIDE] + Copy,
) {
    let images = tiles.images;
    let [map, columns, matrix, all] = tiles.sizes(from.len(), SIDE * SIDE);
    // These bounds and that of a position on a map are all that the vectors rely on.
    assert!(to.len() >= all, "no room for the transform");
    assert!(!LIMITED || limits.len() >= images, "a limit for each image");
    for (channel, from) in from.chunks_exact(map).enumerate() {
        for tile in tiles.from..tiles.to {
            let corner = tiles.corner(tile, [IN, STEP]);
            let row = channel * columns + (tile - tiles.from) * images;
            for first in (0..images).step_by(S::F32_LANES) {
                let lanes = Lanes::new(simd, images - first);
                // SAFETY: there is a limit for each image, by the assert.
                let limit = if LIMITED { unsafe { lanes.load(simd, limits.as_ptr().wrapping_add(first)) } } else { simd.splat_f32s(0.0) };
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
                    part,
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

/// What is within a limit, zeros where it is not.
#[inline(always)]
fn within<S: Simd>(simd: S, x: S::f32s, limit: S::f32s) -> S::f32s {
    simd.select_f32s(simd.less_than_or_equal_f32s(simd.abs_f32s(x), limit), x, simd.splat_f32s(0.0))
}

/// The images of a vector: all of its lanes, or the first few.
#[derive(Clone, Copy)]
struct Lanes<S: Simd> {
    all: bool,
    mask: MemMask<S::m32s>,
}

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    fn new(simd: S, images: usize) -> Self {
        let count = images.min(S::F32_LANES);
        Self { all: count == S::F32_LANES, mask: MemMask::new(simd.mask_between_m32s(0, count as u32).mask()) }
    }

    /// # Safety
    /// The lanes that count must be readable.
    #[inline(always)]
    unsafe fn load(self, simd: S, from: *const f32) -> S::f32s {
        if self.all {
            // SAFETY: the caller's.
            unsafe { from.cast::<S::f32s>().read_unaligned() }
        } else {
            // SAFETY: the caller's.
            unsafe { simd.mask_load_ptr_f32s(self.mask, from) }
        }
    }

    /// # Safety
    /// The lanes that count must be writable.
    #[inline(always)]
    unsafe fn store(self, simd: S, value: S::f32s, to: *mut f32) {
        if self.all {
            // SAFETY: the caller's.
            unsafe { to.cast::<S::f32s>().write_unaligned(value) }
        } else {
            // SAFETY: the caller's.
            unsafe { simd.mask_store_ptr_f32s(self.mask, to, value) }
        }
    }
}

/// What the results of [`sums`] begin with.
#[derive(Clone, Copy, Debug)]
pub enum Begin<'a> {
    /// Zero.
    Zero,
    /// A number for each channel.
    Bias(&'a [f32]),
    /// What is there.
    Sum,
}

/// `A' m A` of products `[SIDE * SIDE, channels, columns]`, to the maps `y`, as much of a tile as is on them.
pub fn sums<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>>(_: K, tiles: &Tiles, m: &[f32], begin: Begin, y: &mut [f32]) {
    arch().dispatch(Sums(Squares::<SIDE, OUT, K> { tiles, from: m, limits: None, to: y, kernel: PhantomData }, begin));
}

struct Sums<'a, const SIDE: usize, const OUT: usize, K>(Squares<'a, SIDE, OUT, K>, Begin<'a>);

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> WithSimd for Sums<'_, SIDE, OUT, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Sums(Squares { tiles, from, to, .. }, begin) = self;
        let images = tiles.images;
        let [map, columns, matrix, all] = tiles.sizes(to.len(), SIDE * SIDE);
        // This bound and that of a position on a map are all that the vectors rely on.
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
