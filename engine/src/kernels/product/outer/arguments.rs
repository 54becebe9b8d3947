//! The arguments of [`outer`](super::outer).

use crate::kernels::product::{Every, Rows, Start};

/// The arguments of [`outer`](super::outer). The columns are in `segments` segments of `n`.
#[derive(Clone, Copy, Debug)]
pub struct Outer<'a, C, R> {
    /// Rows of the result.
    pub m: usize,
    /// Columns of a segment of the result.
    pub n: usize,
    /// Number of segments.
    pub segments: usize,
    /// Terms of each sum.
    pub k: usize,
    /// Element `(i, k)` is at `i * left_row + left_cols.at(k)`.
    pub left: &'a [f32],
    /// Distance between rows of the left factor.
    pub left_row: usize,
    /// The beginnings of the left factor's columns.
    pub left_cols: C,
    /// Element `j` of segment `s` of row `k` is at `rows.at(k) + s * right_segment + j`.
    pub right: &'a [f32],
    /// The beginnings of the right factor's rows.
    pub rows: R,
    /// Distance between segments of the right factor.
    pub right_segment: usize,
    /// Distance between rows of the result.
    pub out_row: usize,
    /// Distance between segments of the result.
    pub out_segment: usize,
    /// The initial values of the sums.
    pub start: Start<'a>,
}

/// The left factor of a product. Element `(i, k)` is at `i * row + cols.at(k)`.
#[derive(Clone, Copy, Debug)]
pub struct Left<'a, C> {
    /// The elements.
    pub elements: &'a [f32],
    /// Distance between rows.
    pub row: usize,
    /// The beginnings of the columns.
    pub cols: C,
}

impl<'a> Left<'a, Every> {
    /// A matrix that is stored in rows of `row` elements.
    pub fn rows(elements: &'a [f32], row: usize) -> Self {
        Self { elements, row, cols: Every(1) }
    }

    /// The transpose of a matrix that is stored in rows of `row` elements.
    pub fn columns(elements: &'a [f32], row: usize) -> Self {
        Self { elements, row: 1, cols: Every(row) }
    }
}

impl<'a, C: Rows, R: Rows> Outer<'a, C, R> {
    /// The product of an `m x k` and a `k x n` matrix, whose result is stored in rows of `n` elements, each sum beginning with 0.
    pub fn new([m, k, n]: [usize; 3], left: Left<'a, C>, right: &'a [f32], rows: R) -> Self {
        let Left { elements: left, row: left_row, cols: left_cols } = left;
        let (segments, right_segment, out_segment) = (1, 0, 0);
        Self { m, n, segments, k, left, left_row, left_cols, right, rows, right_segment, out_row: n, out_segment, start: Start::Zero }
    }

    /// With this number of segments, which begin at these distances in the right factor and in the result.
    pub fn segments(self, segments: usize, [right_segment, out_segment]: [usize; 2]) -> Self {
        Self { segments, right_segment, out_segment, ..self }
    }

    /// With this distance between rows of the result.
    pub fn out_row(self, out_row: usize) -> Self {
        Self { out_row, ..self }
    }

    /// With these initial values of the sums.
    pub fn start(self, start: Start<'a>) -> Self {
        Self { start, ..self }
    }
}
