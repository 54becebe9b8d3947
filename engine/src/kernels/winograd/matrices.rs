//! The matrices of the algorithms, and their products with a square of vectors.

#![allow(unsafe_code, reason = "vectors are kept where nothing was written before")]
#![allow(clippy::needless_range_loop, reason = "loops over small arrays, which have to become one piece of code")]

use std::mem::MaybeUninit;

use pulp::Simd;

/// The matrices of an algorithm for data and sums.
pub trait Algorithm<const SIDE: usize, const OUT: usize>: Copy {
    /// `B'`
    const DATA: [[f32; SIDE]; SIDE];
    /// `A'`
    const SUMS: [[f32; SIDE]; OUT];
}

/// The matrix of an algorithm for kernels.
pub trait Kernel<const SIDE: usize, const TAPS: usize>: Copy {
    /// `G`
    const WEIGHT: [[f32; TAPS]; SIDE];
}

/// F(2x2, 3x3): the points 0, 1, -1 and infinity. Its sums are as exact as those of the definition.
#[derive(Clone, Copy, Debug)]
pub struct Two;

impl Algorithm<4, 2> for Two {
    const DATA: [[f32; 4]; 4] = [[-1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, -1.0, 1.0, 0.0], [0.0, -1.0, 0.0, 1.0]];
    const SUMS: [[f32; 4]; 2] = [[1.0, 1.0, 1.0, 0.0], [0.0, 1.0, -1.0, 1.0]];
}

impl Kernel<4, 3> for Two {
    const WEIGHT: [[f32; 3]; 4] = [[-1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];
}

/// F(4x4, 3x3): the points 0, 3/4, -3/4, 3/2, -3/2 and infinity. The errors are less than half of those with the usual points 0, 1, -1, 2,
/// -2, and about twice those of the definition.
#[derive(Clone, Copy, Debug)]
pub struct Four;

const A: f32 = 0.75;
const B: f32 = 1.5;
/// The squares of the points, and the values of the polynomials at them.
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

/// F(4x4, 2x2): the points 1/2, -1/2, 3/2, -3/2 and infinity. The errors are about half of those with 0, 1, -1, 1/2, and about twice those
/// of the definition.
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

/// A matrix times a vector of vectors. The matrices are constants, so zeros cost nothing.
#[inline(always)]
pub(super) fn times<S: Simd, const R: usize, const C: usize>(simd: S, matrix: &[[f32; C]; R], x: [S::f32s; C]) -> [S::f32s; R] {
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
pub(super) fn turned<S: Simd, const R: usize, const C: usize>(simd: S, matrix: &[[f32; C]; R], x: [S::f32s; R]) -> [S::f32s; C] {
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
pub(super) fn term<S: Simd>(simd: S, factor: f32, x: S::f32s, sum: S::f32s, first: &mut bool) -> S::f32s {
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

/// Multiplies a square by a matrix from the left and by its transpose from the right: transforms the rows, then the columns of the result,
/// which are passed on one by one.
///
/// Written with index loops, and without an array longer than a line that is filled before use: the call to fill it would cost as much as
/// the arithmetic.
#[inline(always)]
pub(super) fn both<S: Simd, const R: usize, const C: usize>(
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
