//! The matrix product with a contiguous summed index.
#![allow(unsafe_code, reason = "vectors are read and written through pointers; the safe function that does so checks every bound")]

use pulp::{MemMask, Simd, WithSimd};

use super::{Rows, Start, Tile, reaches};
use crate::kernels::simd::arch;

/// The arguments of [`inner`]. The summed index runs over `segments` segments of `len` elements.
#[derive(Clone, Copy, Debug)]
pub struct Inner<'a, R> {
    /// Rows of the result.
    pub m: usize,
    /// Columns of the result.
    pub n: usize,
    /// Length of a segment.
    pub len: usize,
    /// Number of segments.
    pub segments: usize,
    /// Element `q` of segment `s` of row `i` is at `i * left_row + s * left_segment + q`.
    pub left: &'a [f32],
    /// Distance between rows of the left factor.
    pub left_row: usize,
    /// Distance between segments of the left factor.
    pub left_segment: usize,
    /// Element `q` of segment `s` of row `j` is at `rows.at(j) + s * right_segment + q`.
    pub right: &'a [f32],
    /// The beginnings of the right factor's rows.
    pub rows: R,
    /// Distance between segments of the right factor.
    pub right_segment: usize,
    /// Distance between rows of the result.
    pub out_row: usize,
    /// The initial values of the sums.
    pub start: Start<'a>,
}

/// The number of elements of a row in one pass of [`inner`]: 5 such rows stay in a level-1 cache.
const INNER_DEPTH: usize = 1024;
/// See [`Inner`].
///
/// # Panics
/// Panics if a slice is too short for the sizes.
pub fn inner<R: Rows>(product: Inner<R>, out: &mut [f32]) {
    if product.m > 0 && product.n > 0 {
        arch().dispatch(InnerOp(product, out));
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
        let left = [[p.m - 1, p.left_row], [segments, p.left_segment]];
        assert!(p.segments == 0 || reaches(p.left.len(), left, p.len), "left factor too short");
        let right = [[1, p.rows.furthest(p.n)], [segments, p.right_segment]];
        assert!(p.segments == 0 || reaches(p.right.len(), right, p.len), "right factor too short");
        assert!(reaches(out.len(), [[p.m - 1, p.out_row], [0; 2]], p.n), "result too short");
        assert!(!matches!(p.start, Start::Bias(bias) if bias.len() < p.n), "bias too short");
        // 4 x 5 sums and 5 vectors in 32 registers, 4 x 2 and 5 in 16. With one more column the compiler keeps a sum in memory, at a third of the
        // speed (measured).
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
                    let tile = Tile { i, j, out: i * p.out_row + j, from, depth, last, before: last, steps: [0; 2], start };
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

/// Selects the compiled tile for its two sizes.
///
/// # Safety
/// The same as for [`inner_tile`].
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

/// One tile of `M` times `N` sums; `tile.last` masks the remainder after the last whole vector of a segment.
///
/// # Safety
/// The rows `tile.i .. + M` and `tile.j .. + N` and the elements `tile.from .. + tile.depth` of each segment must be within the slices at the
/// positions of [`Inner`].
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
                // SAFETY: a whole vector inside the segment.
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
                // SAFETY: the lanes in the mask are inside the segment; the others are not read and are zero.
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
    // A copy, by short loops that the compiler unrolls at once: the long ones below need the sums in memory, and those above would store them there in
    // each round, at two thirds of the speed (measured).
    let mut totals = [[simd.splat_f32s(0.0); N]; M];
    for i in 0..M {
        for j in 0..N {
            totals[i][j] = sums[i][j];
        }
    }
    for (i, sums) in totals.iter().enumerate() {
        let out = &mut out[tile.out + i * p.out_row..][..N];
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
    use crate::kernels::{
        product::Every,
        testing::{close, numbers},
    };

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
    fn inner_agrees_with_its_definition() {
        let bias = numbers(40, 3);
        let sizes = [(1, 1, 1, 1), (4, 6, 16, 1), (5, 7, 3, 2), (6, 25, 37, 3), (9, 13, 1100, 2), (3, 40, 2049, 1)];
        // Miri runs the small ones.
        for (m, n, len, segments) in sizes.into_iter().take(if cfg!(miri) { 3 } else { sizes.len() }) {
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
}
