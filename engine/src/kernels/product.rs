//! Matrix products, the arithmetic of `Linear` and `Conv2d`.
//!
//! Two forms, told apart by what lies contiguous in memory:
//!
//! - [`outer`]: `out[i][j] = sum over k of left[i][k] right[k][j]`, the columns `j` contiguous. A register tile of rows times vectors
//!   of columns takes one `k` a step: one load for each vector, one broadcast for each row.
//! - [`inner`]: `out[i][j] = sum over q of left[i][q] right[j][q]`, the summed index contiguous. A tile of rows times rows, each sum
//!   kept as a vector that is added up at the end.
//!
//! The rows of the right factor begin wherever [`Rows`] says, so a convolution can name the shifted copies of its input without
//! making them. Neither form packs or allocates. The order of every sum depends on the sizes and the instruction set alone.
#![allow(unsafe_code)]

use pulp::{MemMask, Simd, WithSimd};

use super::simd::arch;

/// Where the rows of a matrix begin in its slice.
pub trait Rows: Copy {
    /// The position of the first element of row `k`.
    fn at(self, k: usize) -> usize;
    /// The largest of the first `count` positions, 0 if `count` is.
    fn furthest(self, count: usize) -> usize;
}

/// Rows at equal distances.
#[derive(Clone, Copy, Debug)]
pub struct Every(pub usize);

impl Rows for Every {
    #[inline(always)]
    fn at(self, k: usize) -> usize {
        self.0 * k
    }

    fn furthest(self, count: usize) -> usize {
        self.0 * count.saturating_sub(1)
    }
}

/// Rows at listed positions.
impl Rows for &[usize] {
    #[inline(always)]
    fn at(self, k: usize) -> usize {
        self[k]
    }

    fn furthest(self, count: usize) -> usize {
        self[..count].iter().copied().max().unwrap_or(0)
    }
}

/// What a sum begins with.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// Zero.
    Zero,
    /// An element for each row of the result ([`outer`]), for each column of it ([`inner`]).
    Bias(&'a [f32]),
    /// What the result holds already.
    Sum,
}

/// The arguments of [`outer`].
#[derive(Clone, Copy, Debug)]
pub struct Outer<'a, R> {
    /// Rows of the result.
    pub m: usize,
    /// Columns of the result.
    pub n: usize,
    /// Terms of each sum.
    pub k: usize,
    /// Element `(i, k)` is at `i * left_row + k * left_col`.
    pub left: &'a [f32],
    /// Distance between rows of the left factor.
    pub left_row: usize,
    /// Distance between columns of the left factor.
    pub left_col: usize,
    /// Element `(k, j)` is at `rows.at(k) + j`.
    pub right: &'a [f32],
    /// Where the right factor's rows begin.
    pub rows: R,
    /// Distance between rows of the result.
    pub out_row: usize,
    /// What the sums begin with.
    pub start: Start<'a>,
}

/// The arguments of [`inner`]. The summed index runs over `segments` stretches of `len` elements.
#[derive(Clone, Copy, Debug)]
pub struct Inner<'a, R> {
    /// Rows of the result.
    pub m: usize,
    /// Columns of the result.
    pub n: usize,
    /// Length of a stretch.
    pub len: usize,
    /// Number of stretches.
    pub segments: usize,
    /// Element `q` of stretch `s` of row `i` is at `i * left_row + s * left_segment + q`.
    pub left: &'a [f32],
    /// Distance between rows of the left factor.
    pub left_row: usize,
    /// Distance between stretches of the left factor.
    pub left_segment: usize,
    /// Element `q` of stretch `s` of row `j` is at `rows.at(j) + s * right_segment + q`.
    pub right: &'a [f32],
    /// Where the right factor's rows begin.
    pub rows: R,
    /// Distance between stretches of the right factor.
    pub right_segment: usize,
    /// Distance between rows of the result.
    pub out_row: usize,
    /// What the sums begin with.
    pub start: Start<'a>,
}

/// Terms that one pass of [`outer`] adds: 1024 rows of 3 vectors stay in a level-2 cache.
const OUTER_DEPTH: usize = 1024;
/// Elements of a row that one pass of [`inner`] takes: 5 such rows stay in a level-1 cache.
const INNER_DEPTH: usize = 1024;
/// Vectors of columns in a tile of [`outer`].
const OUTER_VECTORS: usize = 3;

/// See [`Outer`].
///
/// # Panics
/// If a slice is too short for the sizes.
pub fn outer<R: Rows>(product: Outer<R>, out: &mut [f32]) {
    if product.m > 0 && product.n > 0 {
        arch().dispatch(OuterOp(product, out));
    }
}

/// See [`Inner`].
///
/// # Panics
/// If a slice is too short for the sizes.
pub fn inner<R: Rows>(product: Inner<R>, out: &mut [f32]) {
    if product.m > 0 && product.n > 0 {
        arch().dispatch(InnerOp(product, out));
    }
}

struct OuterOp<'a, 'b, R>(Outer<'a, R>, &'b mut [f32]);

impl<R: Rows> WithSimd for OuterOp<'_, '_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let OuterOp(p, out) = self;
        // These four bounds are all that the tiles rely on.
        assert!(p.k == 0 || p.left.len() > (p.m - 1) * p.left_row + (p.k - 1) * p.left_col, "left factor too short");
        assert!(p.k == 0 || p.right.len() >= p.rows.furthest(p.k) + p.n, "right factor too short");
        assert!(out.len() >= (p.m - 1) * p.out_row + p.n, "result too short");
        assert!(!matches!(p.start, Start::Bias(bias) if bias.len() < p.m), "bias too short");
        // A tile of 8 x 3 sums needs 28 registers; with 16 there is room for 4 x 3.
        let most = if S::REGISTER_COUNT >= 32 { 8 } else { 4 };
        let blocks = p.m.div_ceil(most);
        let width = S::F32_LANES;
        let mut from = 0;
        loop {
            let depth = OUTER_DEPTH.min(p.k - from);
            let start = if from == 0 { p.start } else { Start::Sum };
            let mut j = 0;
            while j < p.n {
                let vectors = (p.n - j).div_ceil(width).min(OUTER_VECTORS);
                let last = (p.n - j - (vectors - 1) * width).min(width);
                let mut i = 0;
                for block in 0..blocks {
                    // Blocks of nearly equal height: 10 rows are 5 + 5, not 8 + 2, since a low tile waits on its own sums.
                    let height = (p.m - i).div_ceil(blocks - block);
                    let tile = Tile { i, j, from, depth, last: MemMask::new(simd.mask_between_m32s(0, last as u32).mask()), start };
                    // SAFETY: the asserts above bound every element (i.., from.., j..) of the tile.
                    unsafe { outer_tile_of(simd, &p, tile, out, height, vectors) };
                    i += height;
                }
                j += vectors * width;
            }
            from += depth;
            if from >= p.k {
                return;
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Tile<'a, M> {
    i: usize,
    j: usize,
    from: usize,
    depth: usize,
    last: MemMask<M>,
    start: Start<'a>,
}

/// Picks the compiled tile for a height and a number of vectors.
///
/// # Safety
/// As [`outer_tile`].
#[inline(always)]
unsafe fn outer_tile_of<S: Simd, R: Rows>(simd: S, p: &Outer<R>, tile: Tile<S::m32s>, out: &mut [f32], height: usize, vectors: usize) {
    macro_rules! pick {
        ($($rows:literal)*) => {
            match (height, vectors) {
                $(
                    // SAFETY: handed on to the caller.
                    ($rows, 1) => unsafe { outer_tile::<S, R, $rows, 1>(simd, p, tile, out) },
                    // SAFETY: handed on to the caller.
                    ($rows, 2) => unsafe { outer_tile::<S, R, $rows, 2>(simd, p, tile, out) },
                    // SAFETY: handed on to the caller.
                    ($rows, 3) => unsafe { outer_tile::<S, R, $rows, 3>(simd, p, tile, out) },
                )*
                _ => unreachable!("a tile has at most 8 rows and 3 vectors"),
            }
        };
    }
    if S::REGISTER_COUNT >= 32 { pick!(1 2 3 4 5 6 7 8) } else { pick!(1 2 3 4) }
}

/// One tile: `M` rows, `N` vectors of columns of which only the lanes in `tile.last` of the last one count.
///
/// # Safety
/// The rows `tile.i .. + M`, the terms `tile.from .. + tile.depth` and the columns covered must lie within the slices as [`Outer`]
/// places them.
#[inline(always)]
unsafe fn outer_tile<S: Simd, R: Rows, const M: usize, const N: usize>(simd: S, p: &Outer<R>, tile: Tile<S::m32s>, out: &mut [f32]) {
    let width = S::F32_LANES;
    let out = out.as_mut_ptr().wrapping_add(tile.i * p.out_row + tile.j);
    let mut sums = [[simd.splat_f32s(0.0); N]; M];
    match tile.start {
        Start::Zero => {}
        Start::Bias(bias) => {
            for (sums, &bias) in sums.iter_mut().zip(&bias[tile.i..tile.i + M]) {
                *sums = [simd.splat_f32s(bias); N];
            }
        }
        Start::Sum => {
            for (i, sums) in sums.iter_mut().enumerate() {
                for (j, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: row `i` and the columns of vector `j` (masked where the last) are inside the result.
                    *sum = unsafe { load(simd, out.wrapping_add(i * p.out_row + j * width), j + 1 == N, tile.last) };
                }
            }
        }
    }
    let mut left = p.left.as_ptr().wrapping_add(tile.i * p.left_row + tile.from * p.left_col);
    for k in tile.from..tile.from + tile.depth {
        let right = p.right.as_ptr().wrapping_add(p.rows.at(k) + tile.j);
        let mut columns = [simd.splat_f32s(0.0); N];
        for (j, column) in columns.iter_mut().enumerate() {
            // SAFETY: the columns of vector `j` (masked where the last) are inside row `k` of the right factor.
            *column = unsafe { load(simd, right.wrapping_add(j * width), j + 1 == N, tile.last) };
        }
        for (i, sums) in sums.iter_mut().enumerate() {
            // SAFETY: element (tile.i + i, k) of the left factor is inside it.
            let factor = simd.splat_f32s(unsafe { *left.wrapping_add(i * p.left_row) });
            for (sum, &column) in sums.iter_mut().zip(&columns) {
                *sum = simd.mul_add_e_f32s(factor, column, *sum);
            }
        }
        left = left.wrapping_add(p.left_col);
    }
    for (i, sums) in sums.iter().enumerate() {
        for (j, &sum) in sums.iter().enumerate() {
            let to = out.wrapping_add(i * p.out_row + j * width);
            if j + 1 == N {
                // SAFETY: the lanes in the mask are columns of the result.
                unsafe { simd.mask_store_ptr_f32s(tile.last, to, sum) };
            } else {
                // SAFETY: a vector that is not the last is wholly inside the result.
                unsafe { to.cast::<S::f32s>().write_unaligned(sum) };
            }
        }
    }
}

/// Loads a vector, only the lanes in `mask` if `masked`.
///
/// # Safety
/// The elements of all lanes (of those in the mask) must be readable at `from`.
#[inline(always)]
unsafe fn load<S: Simd>(simd: S, from: *const f32, masked: bool, mask: MemMask<S::m32s>) -> S::f32s {
    if masked {
        // SAFETY: the caller's.
        unsafe { simd.mask_load_ptr_f32s(mask, from) }
    } else {
        // SAFETY: the caller's.
        unsafe { from.cast::<S::f32s>().read_unaligned() }
    }
}

struct InnerOp<'a, 'b, R>(Inner<'a, R>, &'b mut [f32]);

impl<R: Rows> WithSimd for InnerOp<'_, '_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let InnerOp(p, out) = self;
        let segments = p.segments.saturating_sub(1);
        // These four bounds are all that the tiles rely on.
        assert!(p.segments == 0 || p.left.len() >= (p.m - 1) * p.left_row + segments * p.left_segment + p.len, "left factor too short");
        assert!(p.segments == 0 || p.right.len() >= p.rows.furthest(p.n) + segments * p.right_segment + p.len, "right factor too short");
        assert!(out.len() >= (p.m - 1) * p.out_row + p.n, "result too short");
        assert!(!matches!(p.start, Start::Bias(bias) if bias.len() < p.n), "bias too short");
        // 4 x 5 sums and 5 vectors in 32 registers, 4 x 2 and 5 in 16. One more column, and the compiler keeps a sum in memory:
        // a third of the speed, measured.
        let most = if S::REGISTER_COUNT >= 32 { 5 } else { 2 };
        let (blocks_m, blocks_n) = (p.m.div_ceil(4), p.n.div_ceil(most));
        let mut from = 0;
        loop {
            let depth = INNER_DEPTH.min(p.len - from);
            let start = if from == 0 { p.start } else { Start::Sum };
            let last = MemMask::new(simd.mask_between_m32s(0, (depth % S::F32_LANES) as u32).mask());
            let mut j = 0;
            for block_n in 0..blocks_n {
                let columns = (p.n - j).div_ceil(blocks_n - block_n);
                let mut i = 0;
                for block_m in 0..blocks_m {
                    let rows = (p.m - i).div_ceil(blocks_m - block_m);
                    let tile = Tile { i, j, from, depth, last, start };
                    // SAFETY: the asserts above bound every element of the tile.
                    unsafe { inner_tile_of(simd, &p, tile, out, rows, columns) };
                    i += rows;
                }
                j += columns;
            }
            from += depth;
            if from >= p.len {
                return;
            }
        }
    }
}

/// Picks the compiled tile for its two sizes.
///
/// # Safety
/// As [`inner_tile`].
#[inline(always)]
unsafe fn inner_tile_of<S: Simd, R: Rows>(simd: S, p: &Inner<R>, tile: Tile<S::m32s>, out: &mut [f32], rows: usize, columns: usize) {
    macro_rules! pick {
        ($($columns:literal)*) => {
            match (rows, columns) {
                $(
                    // SAFETY: handed on to the caller.
                    (1, $columns) => unsafe { inner_tile::<S, R, 1, $columns>(simd, p, tile, out) },
                    // SAFETY: handed on to the caller.
                    (2, $columns) => unsafe { inner_tile::<S, R, 2, $columns>(simd, p, tile, out) },
                    // SAFETY: handed on to the caller.
                    (3, $columns) => unsafe { inner_tile::<S, R, 3, $columns>(simd, p, tile, out) },
                    // SAFETY: handed on to the caller.
                    (4, $columns) => unsafe { inner_tile::<S, R, 4, $columns>(simd, p, tile, out) },
                )*
                _ => unreachable!("a tile has at most 4 rows and 5 columns"),
            }
        };
    }
    if S::REGISTER_COUNT >= 32 { pick!(1 2 3 4 5) } else { pick!(1 2) }
}

/// One tile of `M` times `N` sums; `tile.last` has the lanes that remain after the last whole vector of a stretch.
///
/// # Safety
/// The rows `tile.i .. + M` and `tile.j .. + N` and the elements `tile.from .. + tile.depth` of each stretch must lie within the
/// slices as [`Inner`] places them.
#[inline(always)]
unsafe fn inner_tile<S: Simd, R: Rows, const M: usize, const N: usize>(simd: S, p: &Inner<R>, tile: Tile<S::m32s>, out: &mut [f32]) {
    let width = S::F32_LANES;
    let whole = tile.depth / width;
    let mut sums = [[simd.splat_f32s(0.0); N]; M];
    let mut left = p.left.as_ptr().wrapping_add(tile.i * p.left_row + tile.from);
    let mut right: [*const f32; N] = [p.right.as_ptr(); N];
    for (j, right) in right.iter_mut().enumerate() {
        *right = right.wrapping_add(p.rows.at(tile.j + j) + tile.from);
    }
    for _ in 0..p.segments {
        for q in 0..whole {
            let mut a = [simd.splat_f32s(0.0); M];
            for (i, a) in a.iter_mut().enumerate() {
                // SAFETY: a whole vector inside the stretch.
                *a = unsafe { left.wrapping_add(i * p.left_row + q * width).cast::<S::f32s>().read_unaligned() };
            }
            for j in 0..N {
                // SAFETY: as above.
                let b = unsafe { right[j].wrapping_add(q * width).cast::<S::f32s>().read_unaligned() };
                for i in 0..M {
                    sums[i][j] = simd.mul_add_e_f32s(a[i], b, sums[i][j]);
                }
            }
        }
        if whole * width < tile.depth {
            let mut a = [simd.splat_f32s(0.0); M];
            for (i, a) in a.iter_mut().enumerate() {
                // SAFETY: the lanes in the mask are inside the stretch; the others are not read and are zero.
                *a = unsafe { simd.mask_load_ptr_f32s(tile.last, left.wrapping_add(i * p.left_row + whole * width)) };
            }
            for j in 0..N {
                // SAFETY: as above.
                let b = unsafe { simd.mask_load_ptr_f32s(tile.last, right[j].wrapping_add(whole * width)) };
                for i in 0..M {
                    sums[i][j] = simd.mul_add_e_f32s(a[i], b, sums[i][j]);
                }
            }
        }
        left = left.wrapping_add(p.left_segment);
        for right in &mut right {
            *right = right.wrapping_add(p.right_segment);
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        let out = &mut out[(tile.i + i) * p.out_row + tile.j..][..N];
        for (j, (out, &sum)) in out.iter_mut().zip(sums).enumerate() {
            let sum = simd.reduce_sum_f32s(sum);
            *out = match tile.start {
                Start::Zero => sum,
                Start::Bias(bias) => bias[tile.j + j] + sum,
                Start::Sum => *out + sum,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    /// The definition: plain loops in f64.
    fn outer_reference<R: Rows>(p: &Outer<R>, out: &mut [f32]) {
        for i in 0..p.m {
            for j in 0..p.n {
                let at = &mut out[i * p.out_row + j];
                let mut sum = match p.start {
                    Start::Zero => 0.0,
                    Start::Bias(bias) => f64::from(bias[i]),
                    Start::Sum => f64::from(*at),
                };
                for k in 0..p.k {
                    sum += f64::from(p.left[i * p.left_row + k * p.left_col]) * f64::from(p.right[p.rows.at(k) + j]);
                }
                *at = sum as f32;
            }
        }
    }

    fn inner_reference<R: Rows>(p: &Inner<R>, out: &mut [f32]) {
        for i in 0..p.m {
            for j in 0..p.n {
                let at = &mut out[i * p.out_row + j];
                let mut sum = match p.start {
                    Start::Zero => 0.0,
                    Start::Bias(bias) => f64::from(bias[j]),
                    Start::Sum => f64::from(*at),
                };
                for s in 0..p.segments {
                    for q in 0..p.len {
                        let left = p.left[i * p.left_row + s * p.left_segment + q];
                        sum += f64::from(left) * f64::from(p.right[p.rows.at(j) + s * p.right_segment + q]);
                    }
                }
                *at = sum as f32;
            }
        }
    }

    #[test]
    fn outer_agrees_with_its_definition() {
        let bias = numbers(40, 3);
        for (m, n, k) in [(1, 1, 1), (8, 48, 5), (3, 7, 11), (9, 49, 3), (10, 16, 0), (17, 100, 33), (6, 130, 1030), (40, 5, 2100)] {
            for (left_row, left_col) in [(k, 1), (1, m), (k + 3, 1)] {
                let left = numbers(m * k + 3 * m, 1);
                let right = numbers((k + 1) * (n + 2), 2);
                let table: Vec<usize> = (0..k).map(|row| (row * 7 % (k + 1)) * (n + 2)).collect();
                for start in [Start::Zero, Start::Bias(&bias), Start::Sum] {
                    let old = numbers(m * (n + 1), 4);
                    let (mut fast, mut slow) = (old.clone(), old);
                    let out_row = n + 1;
                    let p = Outer { m, n, k, left: &left, left_row, left_col, right: &right, rows: Every(n + 2), out_row, start };
                    outer(p, &mut fast);
                    outer_reference(&p, &mut slow);
                    close(&fast, &slow, 1e-5);
                    let p = Outer { m, n, k, left: &left, left_row, left_col, right: &right, rows: table.as_slice(), out_row, start };
                    outer(p, &mut fast);
                    outer_reference(&p, &mut slow);
                    close(&fast, &slow, 1e-5);
                }
            }
        }
    }

    #[test]
    fn inner_agrees_with_its_definition() {
        let bias = numbers(40, 3);
        for (m, n, len, segments) in [(1, 1, 1, 1), (4, 6, 16, 1), (5, 7, 3, 2), (6, 25, 37, 3), (9, 13, 1100, 2), (3, 40, 2049, 1)] {
            let (left_row, left_segment) = (segments * (len + 2), len + 2);
            let (right_row, right_segment) = (segments * (len + 1) + 1, len + 1);
            let left = numbers(m * left_row, 1);
            let right = numbers(n * right_row, 2);
            for start in [Start::Zero, Start::Bias(&bias), Start::Sum] {
                let old = numbers(m * (n + 1), 4);
                let (mut fast, mut slow) = (old.clone(), old);
                let rows = Every(right_row);
                let (left, right, out_row) = (&left[..], &right[..], n + 1);
                let p = Inner { m, n, len, segments, left, left_row, left_segment, right, rows, right_segment, out_row, start };
                inner(p, &mut fast);
                inner_reference(&p, &mut slow);
                close(&fast, &slow, 1e-5);
            }
        }
    }

    #[test]
    #[should_panic(expected = "right factor too short")]
    fn a_short_slice_is_refused() {
        let (left, right) = ([0.0; 4], [0.0; 7]);
        let p = Outer {
            m: 2,
            n: 4,
            k: 2,
            left: &left,
            left_row: 2,
            left_col: 1,
            right: &right,
            rows: Every(4),
            out_row: 4,
            start: Start::Zero,
        };
        outer(p, &mut [0.0; 8]);
    }
}
