//! Transposes between batch-major `[images, elements]`, the layout of users, and `[elements, images]`, the layout of lanes.

#[cfg(target_arch = "x86_64")]
use pulp::{Arch, NullaryFnOnce, x86::V4};
use pulp::{Simd, WithSimd};

use super::simd::arch;

/// The number of rows and columns of a block, which stays in a level-1 cache while it is transposed.
const BLOCK: usize = 16;

/// `to[column][row] = from[row][column]`, or adds.
///
/// # Panics
/// Panics if a slice does not have `rows * columns` elements.
pub fn transpose(rows: usize, columns: usize, from: &[f32], to: &mut [f32], add: bool) {
    assert!(from.len() == rows * columns && to.len() == rows * columns, "lengths fit the axes");
    if rows == 1 || columns == 1 {
        return put(from, to, add);
    }
    let work = Transpose { rows, columns, from, to, add };
    match arch() {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(simd) => simd.vectorize(Wide { simd, work }),
        narrower => narrower.dispatch(work),
    }
}

/// A block's rows.
type Block = [[f32; BLOCK]; BLOCK];

struct Transpose<'a> {
    rows: usize,
    columns: usize,
    from: &'a [f32],
    to: &'a mut [f32],
    add: bool,
}

impl Transpose<'_> {
    /// Block by block.
    #[inline(always)]
    fn run<T: Turn>(self, by: T) {
        let Transpose { rows, columns, from, to, add } = self;
        for row in (0..rows).step_by(BLOCK) {
            for column in (0..columns).step_by(BLOCK) {
                let (high, wide) = (BLOCK.min(rows - row), BLOCK.min(columns - column));
                let (from, to) = (&from[row * columns + column..], &mut to[column * rows + row..]);
                if high == BLOCK && wide == BLOCK && !add {
                    // A separate function, so that the sizes are constants and the block stays in registers.
                    let mut block = [[0f32; BLOCK]; BLOCK];
                    for (i, block) in block.iter_mut().enumerate() {
                        *block = *from[i * columns..].first_chunk().expect("a whole row");
                    }
                    for (j, turned) in by.turn(&block).iter().enumerate() {
                        *to[j * rows..].first_chunk_mut().expect("a whole column") = *turned;
                    }
                    continue;
                }
                let mut block = [[0f32; BLOCK]; BLOCK];
                for (i, block) in block.iter_mut().enumerate().take(high) {
                    block[..wide].iter_mut().zip(&from[i * columns..]).for_each(|(to, from)| *to = *from);
                }
                for (j, turned) in by.turn(&block).iter().enumerate().take(wide) {
                    let to = &mut to[j * rows..][..high];
                    to.iter_mut().zip(turned).for_each(|(to, new)| *to = if add { *to + new } else { *new });
                }
            }
        }
    }
}

/// How a block is transposed. A trait and not a closure: a closure that is used twice is not compiled for the instruction set.
trait Turn: Copy {
    fn turn(self, block: &Block) -> Block;
}

/// Element by element.
#[derive(Clone, Copy)]
struct Plainly;

impl Turn for Plainly {
    #[inline(always)]
    fn turn(self, block: &Block) -> Block {
        let mut turned = [[0f32; BLOCK]; BLOCK];
        for (j, turned) in turned.iter_mut().enumerate() {
            for (to, row) in turned.iter_mut().zip(block) {
                *to = row[j];
            }
        }
        turned
    }
}

impl WithSimd for Transpose<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.run(Plainly);
    }
}

/// With vectors as long as the rows of a block: a quarter of the time.
#[cfg(target_arch = "x86_64")]
struct Wide<'a> {
    simd: V4,
    work: Transpose<'a>,
}

#[cfg(target_arch = "x86_64")]
impl NullaryFnOnce for Wide<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.work.run(self.simd);
    }
}

#[cfg(target_arch = "x86_64")]
impl Turn for V4 {
    #[inline(always)]
    fn turn(self, block: &Block) -> Block {
        let simd = self.avx512f;
        let mut from = [pulp::cast([0f32; BLOCK]); BLOCK];
        for (from, &row) in from.iter_mut().zip(block) {
            *from = pulp::cast(row);
        }
        // For each 4 rows, the 4 x 4 elements in each quarter of the vectors; `to[4 r + c]`: column c of rows 4 r to 4 r + 3.
        let mut to = from;
        for r in 0..4 {
            let [a, b, c, d] = [from[4 * r], from[4 * r + 1], from[4 * r + 2], from[4 * r + 3]];
            let (low, high) = (simd._mm512_unpacklo_ps(a, b), simd._mm512_unpackhi_ps(a, b));
            let (next_low, next_high) = (simd._mm512_unpacklo_ps(c, d), simd._mm512_unpackhi_ps(c, d));
            to[4 * r] = simd._mm512_shuffle_ps::<0x44>(low, next_low);
            to[4 * r + 1] = simd._mm512_shuffle_ps::<0xee>(low, next_low);
            to[4 * r + 2] = simd._mm512_shuffle_ps::<0x44>(high, next_high);
            to[4 * r + 3] = simd._mm512_shuffle_ps::<0xee>(high, next_high);
        }
        // Then the quarters: the even ones and the odd ones, twice.
        let mut turned = [[0f32; BLOCK]; BLOCK];
        for c in 0..4 {
            let [p, q, r, s] = [to[c], to[4 + c], to[8 + c], to[12 + c]];
            let (even, odd) = (simd._mm512_shuffle_f32x4::<0x88>(p, q), simd._mm512_shuffle_f32x4::<0xdd>(p, q));
            let (next_even, next_odd) = (simd._mm512_shuffle_f32x4::<0x88>(r, s), simd._mm512_shuffle_f32x4::<0xdd>(r, s));
            turned[c] = pulp::cast(simd._mm512_shuffle_f32x4::<0x88>(even, next_even));
            turned[4 + c] = pulp::cast(simd._mm512_shuffle_f32x4::<0x88>(odd, next_odd));
            turned[8 + c] = pulp::cast(simd._mm512_shuffle_f32x4::<0xdd>(even, next_even));
            turned[12 + c] = pulp::cast(simd._mm512_shuffle_f32x4::<0xdd>(odd, next_odd));
        }
        turned
    }
}

/// Copies adjacent rows to rows at a distance of `apart`.
///
/// # Panics
/// Panics if a row is longer than `apart`, or if `to` is too short.
pub fn spread(from: &[f32], row: usize, to: &mut [f32], apart: usize) {
    assert!(row <= apart, "rows do not overlap");
    for (from, to) in from.chunks_exact(row).zip(to.chunks_mut(apart)) {
        let to = &mut to[..row];
        // In pieces of a constant length: a function call for each would take longer than the copy.
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
/// Panics if the lengths differ.
pub fn put(from: &[f32], to: &mut [f32], add: bool) {
    if add {
        super::elementwise::add(from, to);
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
        for (rows, columns) in [(1, 4), (4, 1), (3, 3), (2, 5), (16, 16), (17, 33), (40, 7), (48, 64)] {
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
