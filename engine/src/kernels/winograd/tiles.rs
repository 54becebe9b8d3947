//! Data and sums: the transforms between maps and tiles.

#![allow(
    unsafe_code,
    reason = "vectors are read and written through pointers, in bounds that are checked before, and kept where nothing was written before"
)]
#![allow(clippy::needless_range_loop, reason = "loops over small arrays, which have to become one piece of code")]

use std::marker::PhantomData;

use pulp::{MemMask, Simd, WithSimd};

use super::{
    apart,
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
        let y = self.first[0] + (tile / self.across * step * self.stride) as isize;
        let x = self.first[1] + (tile % self.across * step * self.stride) as isize;
        let reaches = |at: isize, size: usize| at >= 0 && at as usize + (side - 1) * self.stride < size;
        Corner { y, x, inside: reaches(y, self.size[0]) && reaches(x, self.size[1]), size: self.size, stride: self.stride }
    }
}

/// Where a square begins on a map.
#[derive(Clone, Copy)]
struct Corner {
    y: isize,
    x: isize,
    /// Is all of it on the map?
    inside: bool,
    size: [usize; 2],
    stride: usize,
}

impl Corner {
    /// The position of one of its elements, if it is on the map.
    #[inline(always)]
    fn at(self, y: usize, x: usize) -> Option<usize> {
        // What is below zero is beyond any size.
        let (y, x) = (self.y.wrapping_add_unsigned(y * self.stride) as usize, self.x.wrapping_add_unsigned(x * self.stride) as usize);
        (self.inside || (y < self.size[0] && x < self.size[1])).then(|| y * self.size[1] + x)
    }
}

/// What a kernel reads and writes.
struct Squares<'a, const SIDE: usize, const OUT: usize, K> {
    tiles: &'a Tiles,
    from: &'a [f32],
    to: &'a mut [f32],
    kernel: PhantomData<K>,
}

/// `B' x B` of every channel of `x`, zeros around it, to `[SIDE * SIDE, channels, columns]`.
pub fn data<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>>(_: K, tiles: &Tiles, x: &[f32], to: &mut [f32]) {
    arch().dispatch(Data(Squares::<SIDE, OUT, K> { tiles, from: x, to, kernel: PhantomData }));
}

struct Data<'a, const SIDE: usize, const OUT: usize, K>(Squares<'a, SIDE, OUT, K>);

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> WithSimd for Data<'_, SIDE, OUT, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Squares { tiles, from, to, .. } = self.0;
        taken::<S, SIDE, SIDE, OUT>(
            simd,
            tiles,
            from,
            to,
            #[inline(always)]
            |x| times(simd, &K::DATA, x),
        );
    }
}

/// `A dy A'` of every channel of `dy`, zeros beyond its edges, to `[SIDE * SIDE, channels, columns]`.
pub fn spread<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>>(_: K, tiles: &Tiles, dy: &[f32], to: &mut [f32]) {
    arch().dispatch(Spread(Squares::<SIDE, OUT, K> { tiles, from: dy, to, kernel: PhantomData }));
}

struct Spread<'a, const SIDE: usize, const OUT: usize, K>(Squares<'a, SIDE, OUT, K>);

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> WithSimd for Spread<'_, SIDE, OUT, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Squares { tiles, from, to, .. } = self.0;
        taken::<S, OUT, SIDE, OUT>(
            simd,
            tiles,
            from,
            to,
            #[inline(always)]
            |x| turned(simd, &K::SUMS, x),
        );
    }
}

/// Takes squares of `IN x IN` from maps, `STEP` apart, and puts what becomes of them where products read it.
#[inline(always)]
fn taken<S: Simd, const IN: usize, const SIDE: usize, const STEP: usize>(
    simd: S,
    tiles: &Tiles,
    from: &[f32],
    to: &mut [f32],
    part: impl Fn([S::f32s; IN]) -> [S::f32s; SIDE] + Copy,
) {
    let (images, columns) = (tiles.images, tiles.columns());
    let map = tiles.size[0] * tiles.size[1] * images;
    let matrix = apart(from.len() / map * columns);
    // This bound and that of a position on a map are all that the vectors rely on.
    assert!(to.len() >= (SIDE * SIDE - 1) * matrix + from.len() / map * columns, "no room for the transform");
    for (channel, from) in from.chunks_exact(map).enumerate() {
        for tile in tiles.from..tiles.to {
            let corner = tiles.corner(tile, [IN, STEP]);
            let row = channel * columns + (tile - tiles.from) * images;
            for first in (0..images).step_by(S::F32_LANES) {
                let lanes = Lanes::new(simd, images - first);
                both::<S, SIDE, IN>(
                    simd,
                    #[inline(always)]
                    |y| {
                        let mut line = [simd.splat_f32s(0.0); IN];
                        for x in 0..IN {
                            if let Some(at) = corner.at(y, x) {
                                // SAFETY: the position is on the map, of which every one has all images.
                                line[x] = unsafe { lanes.load(simd, from.as_ptr().wrapping_add(at * images + first)) };
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
    arch().dispatch(Sums(Squares::<SIDE, OUT, K> { tiles, from: m, to: y, kernel: PhantomData }, begin));
}

struct Sums<'a, const SIDE: usize, const OUT: usize, K>(Squares<'a, SIDE, OUT, K>, Begin<'a>);

impl<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT>> WithSimd for Sums<'_, SIDE, OUT, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Sums(Squares { tiles, from, to, .. }, begin) = self;
        let (images, columns) = (tiles.images, tiles.columns());
        let map = tiles.size[0] * tiles.size[1] * images;
        let matrix = apart(to.len() / map * columns);
        // This bound and that of a position on a map are all that the vectors rely on.
        assert!(from.len() >= (SIDE * SIDE - 1) * matrix + to.len() / map * columns, "products too short");
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
