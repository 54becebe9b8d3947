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

#![allow(unsafe_code, reason = "the tiles rely on what these types say of rows")]

mod inner;
mod outer;

use pulp::MemMask;

pub use inner::{Inner, inner};
pub use outer::{Outer, outer};

/// Where the rows of a matrix begin in its slice.
///
/// # Safety
/// `at(k)` is the same whenever it is asked, and at most `furthest(count)` for each `k` below `count`.
pub unsafe trait Rows: Copy {
    /// The position of the first element of row `k`.
    fn at(self, k: usize) -> usize;
    /// The largest of the first `count` positions, 0 if `count` is. What cannot be counted is `usize::MAX`.
    fn furthest(self, count: usize) -> usize;
}

/// Rows at equal distances.
#[derive(Clone, Copy, Debug)]
pub struct Every(pub usize);

// SAFETY: multiples of one number grow with `k`; where one does not fit, `furthest` is beyond any slice.
unsafe impl Rows for Every {
    #[inline(always)]
    fn at(self, k: usize) -> usize {
        self.0 * k
    }

    fn furthest(self, count: usize) -> usize {
        self.0.saturating_mul(count.saturating_sub(1))
    }
}

/// Rows at listed positions, in multiples of a unit.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    /// The positions.
    pub list: &'a [usize],
    /// Elements of a unit.
    pub unit: usize,
}

// SAFETY: the largest of the list is `furthest`; where its multiple does not fit, that is beyond any slice.
unsafe impl Rows for Listed<'_> {
    #[inline(always)]
    fn at(self, k: usize) -> usize {
        self.list[k] * self.unit
    }

    fn furthest(self, count: usize) -> usize {
        self.list[..count].iter().copied().max().unwrap_or(0).saturating_mul(self.unit)
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

/// Are there `more` elements behind so many steps of so many elements?
fn reaches(len: usize, steps: [[usize; 2]; 2], more: usize) -> bool {
    let [first, second] = steps.map(|[count, step]| count.checked_mul(step));
    let end = first.zip(second).and_then(|(first, second)| first.checked_add(second)?.checked_add(more));
    end.is_some_and(|end| end <= len)
}

/// A part of a result whose sums stay in registers, and the terms to add to them.
#[derive(Clone, Copy)]
struct Tile<'a, M> {
    /// The first row.
    i: usize,
    /// The first column: its position in a row of the right factor ([`outer`]), its number ([`inner`]).
    j: usize,
    /// The position of the first sum in the result.
    out: usize,
    /// The first term.
    from: usize,
    /// The number of terms.
    depth: usize,
    /// The lanes that count in the last vector, and in those before it.
    last: MemMask<M>,
    before: MemMask<M>,
    /// From one vector to the next, in the right factor and in the result ([`outer`]).
    steps: [usize; 2],
    start: Start<'a>,
}

impl<M: Copy> Tile<'_, M> {
    /// The lanes that count in vector `j` of `n`.
    #[inline(always)]
    fn mask(&self, j: usize, n: usize) -> MemMask<M> {
        if j + 1 == n { self.last } else { self.before }
    }
}
