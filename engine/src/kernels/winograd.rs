//! The transforms of Winograd's convolutions (Lavin and Gray, 2016), on maps `[channels, height, width, images]`.
//!
//! A tile of `OUT x OUT` outputs is worked out from `SIDE x SIDE` inputs, `SIDE = OUT + TAPS - 1`, by `SIDE * SIDE` products a pair of
//! channels instead of `TAPS TAPS OUT OUT`: with weights `U = G w G'`, data `V = B' x B` and sums `M` of `U V` over the channels, `y = A' M A`. What comes
//! out of a transform is `[SIDE * SIDE, channels, tiles, images]`: a matrix for each position in a tile, [`apart`] from each other, ready
//! for [`super::product::outer`]. The gradient of the weights is the same products the other way round: `dw = G' (sum of (A dy A') V) G`.

#![allow(
    unsafe_code,
    reason = "vectors are read and written through pointers, in bounds that are checked before, and kept where nothing was written before"
)]
#![allow(clippy::needless_range_loop, reason = "loops over small arrays, which have to become one piece of code")]

use std::{marker::PhantomData, mem::MaybeUninit};

use pulp::{MemMask, Simd, WithSimd};

use super::simd::{arch, load, store};

/// The matrices of an algorithm.
pub trait Algorithm<const SIDE: usize, const OUT: usize>: Copy {
    /// `B'`
    const DATA: [[f32; SIDE]; SIDE];
    /// `A'`
    const SUMS: [[f32; SIDE]; OUT];
}

/// The matrix of an algorithm that concerns its kernels.
pub trait Kernel<const SIDE: usize, const TAPS: usize>: Copy {
    /// `G`
    const WEIGHT: [[f32; TAPS]; SIDE];
}

/// F(2x2, 3x3): the points 0, 1, -1 and infinity. Its sums are no less exact than those of the definition.
#[derive(Clone, Copy, Debug)]
pub struct Two;

impl Algorithm<4, 2> for Two {
    const DATA: [[f32; 4]; 4] = [[-1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, -1.0, 1.0, 0.0], [0.0, -1.0, 0.0, 1.0]];
    const SUMS: [[f32; 4]; 2] = [[1.0, 1.0, 1.0, 0.0], [0.0, 1.0, -1.0, 1.0]];
}

impl Kernel<4, 3> for Two {
    const WEIGHT: [[f32; 3]; 4] = [[-1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];
}

/// F(4x4, 3x3): the points 0, 3/4, -3/4, 3/2, -3/2 and infinity, whose errors are less than half of those of the usual 0, 1, -1, 2, -2: about
/// twice those of the definition.
#[derive(Clone, Copy, Debug)]
pub struct Four;

const A: f32 = 0.75;
const B: f32 = 1.5;
/// Squares, and what the polynomials through the points come to.
const AA: f32 = A * A;
const BB: f32 = B * B;
const AT_A: f32 = 1.0 / (2.0 * AA * (AA - BB));
const AT_B: f32 = 1.0 / (2.0 * BB * (BB - AA));

impl Algorithm<6, 4> for Four {
    const DATA: [[f32; 6]; 6] = [
        [AA * BB, 0.0, -AA - BB, 0.0, 1.0, 0.0],
        [0.0, -A * BB, -BB, A, 1.0, 0.0],
        [0.0, A * BB, -BB, -A, 1.0, 0.0],
        [0.0, -B * AA, -AA, B, 1.0, 0.0],
        [0.0, B * AA, -AA, -B, 1.0, 0.0],
        [0.0, AA * BB, 0.0, -AA - BB, 0.0, 1.0],
    ];
    const SUMS: [[f32; 6]; 4] = [
        [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
        [0.0, A, -A, B, -B, 0.0],
        [0.0, AA, AA, BB, BB, 0.0],
        [0.0, AA * A, -AA * A, BB * B, -BB * B, 1.0],
    ];
}

impl Kernel<6, 3> for Four {
    const WEIGHT: [[f32; 3]; 6] = [
        [1.0 / (AA * BB), 0.0, 0.0],
        [AT_A, AT_A * A, AT_A * AA],
        [AT_A, -AT_A * A, AT_A * AA],
        [AT_B, AT_B * B, AT_B * BB],
        [AT_B, -AT_B * B, AT_B * BB],
        [0.0, 0.0, 1.0],
    ];
}

/// F(4x4, 2x2): the points 1/2, -1/2, 3/2, -3/2 and infinity, whose errors are about half of those of 0, 1, -1, 1/2 and about twice those of
/// the definition.
#[derive(Clone, Copy, Debug)]
pub struct Pairs;

const C: f32 = 0.5;
const CC: f32 = C * C;
const AT_C: f32 = 1.0 / (2.0 * (CC - BB));
const AT_D: f32 = 1.0 / (2.0 * (BB - CC));

impl Algorithm<5, 4> for Pairs {
    const DATA: [[f32; 5]; 5] = [
        [-C * BB, -BB, C, 1.0, 0.0],
        [C * BB, -BB, -C, 1.0, 0.0],
        [-B * CC, -CC, B, 1.0, 0.0],
        [B * CC, -CC, -B, 1.0, 0.0],
        [CC * BB, 0.0, -CC - BB, 0.0, 1.0],
    ];
    const SUMS: [[f32; 5]; 4] =
        [[1.0, 1.0, 1.0, 1.0, 0.0], [C, -C, B, -B, 0.0], [CC, CC, BB, BB, 0.0], [CC * C, -CC * C, BB * B, -BB * B, 1.0]];
}

impl Kernel<5, 2> for Pairs {
    const WEIGHT: [[f32; 2]; 5] = [[AT_C / C, AT_C], [-AT_C / C, AT_C], [AT_D / B, AT_D], [-AT_D / B, AT_D], [0.0, 1.0]];
}

/// A matrix times a vector of vectors. The matrices are constants, so that zeros cost nothing.
#[inline(always)]
fn times<S: Simd, const R: usize, const C: usize>(simd: S, matrix: &[[f32; C]; R], x: [S::f32s; C]) -> [S::f32s; R] {
    let mut y = [simd.splat_f32s(0.0); R];
    for (row, y) in matrix.iter().zip(&mut y) {
        let mut first = true;
        for (&factor, &x) in row.iter().zip(&x) {
            *y = term(simd, factor, x, *y, &mut first);
        }
    }
    y
}

/// A transposed matrix times a vector of vectors.
#[inline(always)]
fn turned<S: Simd, const R: usize, const C: usize>(simd: S, matrix: &[[f32; C]; R], x: [S::f32s; R]) -> [S::f32s; C] {
    let mut y = [simd.splat_f32s(0.0); C];
    for (column, y) in y.iter_mut().enumerate() {
        let mut first = true;
        for (row, &x) in matrix.iter().zip(&x) {
            *y = term(simd, row[column], x, *y, &mut first);
        }
    }
    y
}

#[inline(always)]
fn term<S: Simd>(simd: S, factor: f32, x: S::f32s, sum: S::f32s, first: &mut bool) -> S::f32s {
    if factor == 0.0 {
        return sum;
    }
    let alone = std::mem::replace(first, false);
    match (alone, factor == 1.0, factor == -1.0) {
        (true, true, _) => x,
        (true, ..) => simd.mul_f32s(simd.splat_f32s(factor), x),
        (_, true, _) => simd.add_f32s(sum, x),
        (_, _, true) => simd.sub_f32s(sum, x),
        _ => simd.mul_add_e_f32s(simd.splat_f32s(factor), x, sum),
    }
}

/// The rows of a square, then the columns of what becomes of them, which are given away one by one: a matrix from the left and its transpose
/// from the right.
///
/// Loops over indices, and no array of more than a line that is filled before it is used: a call to fill it would cost as much as the
/// arithmetic.
#[inline(always)]
fn both<S: Simd, const R: usize, const C: usize>(
    simd: S,
    row: impl Fn(usize) -> [S::f32s; C],
    one: impl Fn([S::f32s; C]) -> [S::f32s; R],
    mut column: impl FnMut(usize, [S::f32s; R]),
) {
    let mut half = [[MaybeUninit::<S::f32s>::uninit(); C]; R];
    for y in 0..C {
        let done = one(row(y));
        for x in 0..R {
            half[x][y].write(done[x]);
        }
    }
    for x in 0..R {
        let mut line = [simd.splat_f32s(0.0); C];
        for y in 0..C {
            // SAFETY: the loop above has written all of `half`.
            line[y] = unsafe { half[x][y].assume_init() };
        }
        column(x, one(line));
    }
}

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

/// From one matrix to the next, so that what belongs to one element of all of them does not fall on the same lines of a cache.
pub fn apart(len: usize) -> usize {
    len.next_multiple_of(16) + 16
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

/// Where the weights of a product are: those of row `i` and term `k` begin at `i * row + k * term`. Rows that lie side by side are read
/// several at a time.
#[derive(Clone, Copy, Debug)]
pub struct Taps {
    /// From a row to the next.
    pub row: usize,
    /// From a term to the next.
    pub term: usize,
    /// The first tap.
    pub first: usize,
    /// From a tap to the one below it, and to the one beside it.
    pub apart: [usize; 2],
    /// Are the taps taken from the last to the first, as the gradient of the input does?
    pub flipped: bool,
}

impl Taps {
    /// From the first tap, so far to the one at a line and column of a square.
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

/// All that [`Taps::at`] says of a square.
#[inline(always)]
fn places<const TAPS: usize>(taps: Taps) -> [[usize; TAPS]; TAPS] {
    std::array::from_fn(|y| std::array::from_fn(|x| taps.at(TAPS, [y, x])))
}

/// `G' u G` of `u`, `[SIDE * SIDE, rows, terms]`, to the taps of each row and term in `to`; or added to them.
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
