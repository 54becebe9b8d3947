//! The matrix product with contiguous columns.
#![allow(unsafe_code, reason = "vectors are read and written through pointers; the safe function that does so checks every bound")]

mod arguments;
#[cfg(test)]
mod tests;

pub use arguments::{Left, Outer};
use pulp::{MemMask, Simd, WithSimd};

use super::{Rows, Start, Tile, reaches};
use crate::kernels::simd::arch;

/// The number of terms in one pass of [`outer`]: 1024 rows of 3 vectors stay in a level-2 cache.
const OUTER_DEPTH: usize = 1024;
/// The size of a left factor that stays in a level-2 cache.
const OUTER_LEFT: usize = 128 * 1024;
/// The number of vectors of columns in a tile of [`outer`].
const OUTER_VECTORS: usize = 3;

/// See [`Outer`].
///
/// # Panics
/// Panics if a slice is too short for the sizes.
pub fn outer<C: Rows, R: Rows>(product: Outer<C, R>, out: &mut [f32]) {
    if product.m > 0 && product.n > 0 && product.segments > 0 {
        arch().dispatch(OuterOp(product, out));
    }
}

struct OuterOp<'a, 'b, C, R>(Outer<'a, C, R>, &'b mut [f32]);

impl<C: Rows, R: Rows> WithSimd for OuterOp<'_, '_, C, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let OuterOp(p, out) = self;
        let (segment, row) = (p.segments - 1, p.m - 1);
        // These four bounds are all that the tiles rely on.
        let left = [[row, p.left_row], [1, p.left_cols.furthest(p.k)]];
        assert!(p.k == 0 || reaches(p.left.len(), left, 1), "left factor too short");
        let right = [[1, p.rows.furthest(p.k)], [segment, p.right_segment]];
        assert!(p.k == 0 || reaches(p.right.len(), right, p.n), "right factor too short");
        assert!(reaches(out.len(), [[row, p.out_row], [segment, p.out_segment]], p.n), "result too short");
        assert!(!matches!(p.start, Start::Bias(bias) if bias.len() < p.m), "bias too short");
        // A tile of 8 x 3 sums needs 28 registers; with 16 there is room for 4 x 3.
        let most = if S::REGISTER_COUNT >= 32 { 8 } else { 4 };
        let vectors = p.n.div_ceil(S::F32_LANES);
        let narrow = p.segments > 1 && (p.n == S::F32_LANES || p.n < S::F32_LANES && masks_all::<S>());
        let (segments, vectors) = if narrow { (1, p.segments) } else { (p.segments, vectors) };
        let grid = Grid { blocks: p.m.div_ceil(most), panels: vectors.div_ceil(OUTER_VECTORS), vectors, narrow };
        let mut from = 0;
        loop {
            let depth = OUTER_DEPTH.min(p.k - from);
            let start = if from == 0 { p.start } else { Start::Sum };
            // What is reused is in the outer loop: a panel of columns for all rows of a small left factor, or rows of a large one.
            if p.m * depth <= OUTER_LEFT {
                for segment in 0..segments {
                    for panel in 0..grid.panels {
                        for block in 0..grid.blocks {
                            // SAFETY: the asserts above, and the ranges of these loops.
                            unsafe { grid.run(simd, &p, [block, segment, panel], (from, depth, start), out) };
                        }
                    }
                }
            } else {
                for block in 0..grid.blocks {
                    for segment in 0..segments {
                        for panel in 0..grid.panels {
                            // SAFETY: the asserts above, and the ranges of these loops.
                            unsafe { grid.run(simd, &p, [block, segment, panel], (from, depth, start), out) };
                        }
                    }
                }
            }
            from += depth;
            if from >= p.k {
                return;
            }
        }
    }
}

/// The size of tiles: even, 10 rows as 5 + 5 rather than 8 + 2, since a small tile waits for its own sums.
struct Grid {
    blocks: usize,
    panels: usize,
    vectors: usize,
    /// For segments no longer than a vector: each vector of a tile is a segment, so that a loaded factor is used for several.
    narrow: bool,
}

impl Grid {
    /// Computes one tile.
    ///
    /// # Safety
    /// The slices must have the elements at the positions of [`Outer`]; block, segment and panel must be in this grid, and the terms in `0..k`.
    #[inline(always)]
    unsafe fn run<S: Simd, C: Rows, R: Rows>(
        &self,
        simd: S,
        p: &Outer<C, R>,
        [block, segment, panel]: [usize; 3],
        (from, depth, start): (usize, usize, Start),
        out: &mut [f32],
    ) {
        let width = S::F32_LANES;
        let [rows, end] = [block, block + 1].map(|block| block * p.m / self.blocks);
        let [first, last] = [panel, panel + 1].map(|panel| panel * self.vectors / self.panels);
        // The lanes of the last vector that are columns; or of all vectors, if each is a segment.
        let lanes = if self.narrow { p.n } else { (p.n - (last - 1) * width).min(width) };
        let [right, result] = if self.narrow { [p.right_segment, p.out_segment] } else { [width; 2] };
        let mask = |lanes: usize| MemMask::new(simd.mask_between_m32s(0, lanes as u32).mask());
        let tile = Tile {
            i: rows,
            j: segment * p.right_segment + first * right,
            out: rows * p.out_row + segment * p.out_segment + first * result,
            from,
            depth,
            last: mask(lanes),
            before: mask(if self.narrow { lanes } else { width }),
            steps: [right, result],
            start,
        };
        // SAFETY: the rows are before `m`, the columns before `n` in their segment, and the terms before `k`: all are inside the slices.
        unsafe { outer_tile_of(simd, p, tile, out, end - rows, last - first) };
    }
}

/// Whether all vectors are read and written with masks. This is free with AVX-512, so that short segments can take the place of vectors.
#[inline(always)]
const fn masks_all<S: Simd>() -> bool {
    S::F32_LANES == 16
}

/// Selects the compiled tile for a height and a number of vectors.
///
/// # Safety
/// The same as for [`outer_tile`].
#[inline(always)]
unsafe fn outer_tile_of<S: Simd, C: Rows, R: Rows>(
    simd: S,
    p: &Outer<C, R>,
    tile: Tile<S::m32s>,
    out: &mut [f32],
    height: usize,
    vectors: usize,
) {
    macro_rules! pick {
        ($($rows:literal)*) => {
            match (height, vectors) {
                $(
                    // SAFETY: handed on to the caller.
                    ($rows, 1) => unsafe { outer_tile::<S, C, R, $rows, 1>(simd, p, tile, out) },
                    // SAFETY: handed on to the caller.
                    ($rows, 2) => unsafe { outer_tile::<S, C, R, $rows, 2>(simd, p, tile, out) },
                    // SAFETY: handed on to the caller.
                    ($rows, 3) => unsafe { outer_tile::<S, C, R, $rows, 3>(simd, p, tile, out) },
                )*
                _ => unreachable!("a tile has at most 8 rows and 3 vectors"),
            }
        };
    }
    if S::REGISTER_COUNT >= 32 { pick!(1 2 3 4 5 6 7 8) } else { pick!(1 2 3 4) }
}

/// One tile: `M` rows and `N` vectors of columns; `tile.last` masks the last one.
///
/// # Safety
/// The rows `tile.i .. + M`, the terms `tile.from .. + tile.depth` and the columns at `tile.j` (in the result at `tile.out`) must be within the
/// slices at the positions of [`Outer`].
#[inline(always)]
unsafe fn outer_tile<S: Simd, C: Rows, R: Rows, const M: usize, const N: usize>(
    simd: S,
    p: &Outer<C, R>,
    tile: Tile<S::m32s>,
    out: &mut [f32],
) {
    let [right_step, out_step] = tile.steps;
    let out = out.as_mut_ptr().wrapping_add(tile.out);
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
                    *sum = unsafe {
                        load(simd, out.wrapping_add(i * p.out_row + j * out_step), j + 1 == N || masks_all::<S>(), tile.mask(j, N))
                    };
                }
            }
        }
    }
    for k in tile.from..tile.from + tile.depth {
        let left = p.left.as_ptr().wrapping_add(tile.i * p.left_row + p.left_cols.at(k));
        let right = p.right.as_ptr().wrapping_add(p.rows.at(k) + tile.j);
        let mut columns = [simd.splat_f32s(0.0); N];
        for (j, column) in columns.iter_mut().enumerate() {
            // SAFETY: the columns of vector `j` (masked where the last) are inside row `k` of the right factor.
            *column = unsafe { load(simd, right.wrapping_add(j * right_step), j + 1 == N || masks_all::<S>(), tile.mask(j, N)) };
        }
        for (i, sums) in sums.iter_mut().enumerate() {
            // SAFETY: element (tile.i + i, k) of the left factor is inside it.
            let factor = simd.splat_f32s(unsafe { *left.wrapping_add(i * p.left_row) });
            for (sum, &column) in sums.iter_mut().zip(&columns) {
                *sum = simd.mul_add_e_f32s(factor, column, *sum);
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        for (j, &sum) in sums.iter().enumerate() {
            let to = out.wrapping_add(i * p.out_row + j * out_step);
            if j + 1 == N || masks_all::<S>() {
                // SAFETY: the lanes in the mask are columns of the result.
                unsafe { simd.mask_store_ptr_f32s(tile.mask(j, N), to, sum) };
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
