//! Between batch-major `[images, elements]`, as users have it, and `[elements, images]`, as a lane keeps it.

use pulp::{Simd, WithSimd};

use super::simd::arch;

/// A block of so many rows and columns stays in a level-1 cache while it is transposed.
const BLOCK: usize = 16;

/// `to[column][row] = from[row][column]`, or adds.
///
/// # Panics
/// If a slice does not have `rows * columns` elements.
pub fn transpose(rows: usize, columns: usize, from: &[f32], to: &mut [f32], add: bool) {
    assert!(from.len() == rows * columns && to.len() == rows * columns, "lengths fit the axes");
    if rows == 1 || columns == 1 {
        return put(from, to, add);
    }
    arch().dispatch(Transpose { rows, columns, from, to, add });
}

struct Transpose<'a> {
    rows: usize,
    columns: usize,
    from: &'a [f32],
    to: &'a mut [f32],
    add: bool,
}

impl WithSimd for Transpose<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Transpose { rows, columns, from, to, add } = self;
        for row in (0..rows).step_by(BLOCK) {
            for column in (0..columns).step_by(BLOCK) {
                let (high, wide) = (BLOCK.min(rows - row), BLOCK.min(columns - column));
                let mut block = [[0f32; BLOCK]; BLOCK];
                for (i, block) in block.iter_mut().enumerate().take(high) {
                    let from = &from[(row + i) * columns + column..];
                    match from.first_chunk() {
                        Some(whole) => *block = *whole,
                        None => block[..wide].copy_from_slice(&from[..wide]),
                    }
                }
                for j in 0..wide {
                    let to = &mut to[(column + j) * rows + row..][..high];
                    for (to, block) in to.iter_mut().zip(&block) {
                        *to = if add { *to + block[j] } else { block[j] };
                    }
                }
            }
        }
    }
}

/// Copies rows that lie side by side to where they lie `apart`.
///
/// # Panics
/// If a row is longer than `apart`, or `to` ends too early.
pub fn spread(from: &[f32], row: usize, to: &mut [f32], apart: usize) {
    assert!(row <= apart, "rows do not overlap");
    for (from, to) in from.chunks_exact(row).zip(to.chunks_mut(apart)) {
        let to = &mut to[..row];
        // In pieces of a known length: a call for each of them would take longer than the copy.
        let ((wholes, rest), (whole_to, rest_to)) = (from.as_chunks::<BLOCK>(), to.as_chunks_mut::<BLOCK>());
        for (from, to) in wholes.iter().zip(whole_to) {
            *to = *from;
        }
        for (from, to) in rest.iter().zip(rest_to) {
            *to = *from;
        }
    }
}

/// Copies, or adds.
///
/// # Panics
/// If the lengths differ.
pub fn put(from: &[f32], to: &mut [f32], add: bool) {
    if add {
        super::activation::add(from, to);
    } else {
        to.copy_from_slice(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    #[test]
    fn transposes_and_adds() {
        for (rows, columns) in [(1, 4), (4, 1), (3, 3), (2, 5), (16, 16), (17, 33), (40, 7)] {
            let from = numbers(rows * columns, 1);
            let old = numbers(rows * columns, 2);
            for add in [false, true] {
                let mut to = old.clone();
                transpose(rows, columns, &from, &mut to, add);
                for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
                    let wanted = from[i * columns + j] + if add { old[j * rows + i] } else { 0.0 };
                    assert_eq!(to[j * rows + i], wanted);
                }
            }
        }
    }

    #[test]
    fn rows_are_spread() {
        for (rows, row, apart) in [(1, 1, 1), (3, 5, 5), (4, 16, 21), (3, 37, 40)] {
            let from = numbers(rows * row, 1);
            let mut to = vec![9.0; (rows - 1) * apart + row];
            spread(&from, row, &mut to, apart);
            for (at, &to) in to.iter().enumerate() {
                let (i, j) = (at / apart, at % apart);
                assert_eq!(to, if j < row { from[i * row + j] } else { 9.0 });
            }
        }
    }
}
