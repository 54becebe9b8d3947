//! Matrix products, the arithmetic of `Linear` and `Conv2d`.
//!
//! There are two forms, which differ in what is contiguous in memory:
//!
//! - [`outer`]: `out[i][j] = sum over k of left[i][k] right[k][j]`, with contiguous columns `j`. A register tile of rows times vectors of columns
//!   adds one `k` per step: one load for each vector, one broadcast for each row.
//! - [`inner`]: `out[i][j] = sum over q of left[i][q] right[j][q]`, with a contiguous summed index. A tile of rows times rows; each sum is a vector
//!   that is reduced at the end.
//!
//! [`Rows`] gives the beginnings of the right factor's rows, so a convolution can refer to shifted views of its input without copies. Neither form
//! packs or allocates. The order of every sum depends only on the sizes and the instruction set.

#![allow(unsafe_code, reason = "the tiles rely on the positions of rows that these types return")]

mod inner;
mod outer;

pub use inner::{Inner, inner};
pub use outer::{Left, Outer, outer};
use pulp::MemMask;

/// The positions at which the rows of a matrix begin in its slice.
///
/// # Safety
/// `at(k)` must always return the same, at most `furthest(count)` for each `k` below `count`.
pub unsafe trait Rows: Copy {
    /// The position of the first element of row `k`.
    fn at(self, k: usize) -> usize;
    /// The largest of the first `count` positions; 0 if `count` is 0; `usize::MAX` if it overflows.
    fn furthest(self, count: usize) -> usize;
}

/// Rows at equal distances.
#[derive(Clone, Copy, Debug)]
pub struct Every(pub usize);

// SAFETY: multiples of one number grow with `k`; if one overflows, `furthest` is beyond any slice.
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

// SAFETY: the largest of the list is `furthest`; if its multiple overflows, that is beyond any slice.
unsafe impl Rows for Listed<'_> {
    #[inline(always)]
    fn at(self, k: usize) -> usize {
        self.list[k] * self.unit
    }

    fn furthest(self, count: usize) -> usize {
        self.list[..count].iter().copied().max().unwrap_or(0).saturating_mul(self.unit)
    }
}

/// The initial value of a sum.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// Zero.
    Zero,
    /// One element for each row of the result ([`outer`]), or each column of it ([`inner`]).
    Bias(&'a [f32]),
    /// The previous content of the result.
    Sum,
}

/// Whether there are `more` elements after a number of steps of a number of elements.
fn reaches(len: usize, steps: [[usize; 2]; 2], more: usize) -> bool {
    let [first, second] = steps.map(|[count, step]| count.checked_mul(step));
    let end = first.zip(second).and_then(|(first, second)| first.checked_add(second)?.checked_add(more));
    end.is_some_and(|end| end <= len)
}

/// A part of a result whose sums stay in registers, and the range of terms to add.
#[derive(Clone, Copy)]
struct Tile<'a, M> {
    /// The first row.
    i: usize,
    /// The first column: its position in a row of the right factor ([`outer`]), or its number ([`inner`]).
    j: usize,
    /// The position of the first sum in the result.
    out: usize,
    /// The first term.
    from: usize,
    /// The number of terms.
    depth: usize,
    /// The masks of the last vector, and of those before it.
    last: MemMask<M>,
    before: MemMask<M>,
    /// The distance between vectors in the right factor and in the result ([`outer`]).
    steps: [usize; 2],
    start: Start<'a>,
}

impl<M: Copy> Tile<'_, M> {
    /// The mask of vector `j` of `n`.
    #[inline(always)]
    fn mask(&self, j: usize, n: usize) -> MemMask<M> {
        if j + 1 == n { self.last } else { self.before }
    }
}
