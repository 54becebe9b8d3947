//! The product against its definition, and the sizes that it refuses.

use super::*;
use crate::kernels::{
    product::{Every, Listed},
    testing::{close, numbers},
};

/// The definition: plain loops in f64.
fn outer_reference<C: Rows, R: Rows>(p: &Outer<C, R>, out: &mut [f32]) {
    for (i, s, j) in (0..p.m).flat_map(|i| (0..p.segments).flat_map(move |s| (0..p.n).map(move |j| (i, s, j)))) {
        let at = &mut out[i * p.out_row + s * p.out_segment + j];
        let mut sum = match p.start {
            Start::Zero => 0.0,
            Start::Bias(bias) => f64::from(bias[i]),
            Start::Sum => f64::from(*at),
        };
        for k in 0..p.k {
            let left = p.left[i * p.left_row + p.left_cols.at(k)];
            sum += f64::from(left) * f64::from(p.right[p.rows.at(k) + s * p.right_segment + j]);
        }
        *at = sum as f32;
    }
}

#[track_caller]
fn outer_agrees<C: Rows, R: Rows>(p: Outer<C, R>) {
    let old = numbers(p.m * p.out_row + p.segments * p.out_segment, 4);
    let (mut fast, mut slow) = (old.clone(), old);
    outer(p, &mut fast);
    outer_reference(&p, &mut slow);
    close(&fast, &slow, 1e-5);
}

#[test]
fn outer_agrees_with_its_definition() {
    let bias = numbers(200, 3);
    let sizes = [
        (1, 1, 1, 1),
        (8, 48, 1, 5),
        (3, 7, 3, 11),
        (9, 49, 2, 3),
        (10, 16, 1, 0),
        (17, 100, 1, 33),
        (6, 130, 2, 1030),
        (40, 5, 4, 2100),
        (150, 20, 2, 1000),
        // Segments that fit into vectors of 4, 8 or 16.
        (9, 16, 7, 33),
        (17, 3, 5, 40),
        (3, 8, 2, 9),
    ];
    // Miri runs the small ones.
    for (m, n, segments, k) in sizes.into_iter().filter(|(m, n, segments, k)| !cfg!(miri) || m * n * segments * k < 4000) {
        let right = numbers((k + 1) * (n + 2) + segments * n, 2);
        let left = numbers(m * (k + 3) + 3, 1);
        let [rows, cols]: [Vec<usize>; 2] = [7, 5].map(|step| (0..k).map(|at| at * step % (k + 1)).collect());
        for start in [Start::Zero, Start::Bias(&bias), Start::Sum] {
            let (left, right, right_segment, out_row, out_segment) = (&left[..], &right[..], n - 1, segments * (n + 1), n + 1);
            let every = Every(n + 2);
            for (left_row, left_cols) in [(k + 3, Every(1)), (1, Every(m))] {
                let p =
                    Outer { m, n, segments, k, left, left_row, left_cols, right, rows: every, right_segment, out_row, out_segment, start };
                outer_agrees(p);
            }
            let (left_row, left_cols) = (k + 2, Listed { list: &cols, unit: 1 });
            let rows = Listed { list: &rows, unit: n + 2 };
            let p = Outer { m, n, segments, k, left, left_row, left_cols, right, rows, right_segment, out_row, out_segment, start };
            outer_agrees(p);
        }
    }
}

#[test]
#[should_panic(expected = "right factor too short")]
fn a_short_slice_is_refused() {
    let p = Outer {
        m: 2,
        n: 4,
        segments: 1,
        k: 2,
        left: &[0.0; 4],
        left_row: 2,
        left_cols: Every(1),
        right: &[0.0; 7],
        rows: Every(4),
        right_segment: 0,
        out_row: 4,
        out_segment: 0,
        start: Start::Zero,
    };
    outer(p, &mut [0.0; 8]);
}

/// Sizes whose products overflow to small numbers are refused too.
#[test]
fn sizes_that_cannot_be_counted_are_refused() {
    let half = 1 << (usize::BITS - 1);
    let base = Outer {
        m: 3,
        n: 4,
        segments: 3,
        k: 3,
        left: &[0.0; 12],
        left_row: 4,
        left_cols: Every(1),
        right: &[0.0; 36],
        rows: Every(4),
        right_segment: 12,
        out_row: 4,
        out_segment: 12,
        start: Start::Zero,
    };
    let list = [0, 1, half];
    let listed = Listed { list: &list, unit: 2 };
    let refused = |work: &dyn Fn(&mut [f32])| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&mut [0.0; 36]))).is_err();
    assert!(!refused(&|out| outer(base, out)));
    assert!(refused(&|out| outer(Outer { left_row: half, ..base }, out)));
    assert!(refused(&|out| outer(Outer { left_cols: Every(half), ..base }, out)));
    assert!(refused(&|out| outer(Outer { rows: Every(half), ..base }, out)));
    assert!(refused(&|out| outer(Outer { right_segment: half, ..base }, out)));
    assert!(refused(&|out| outer(Outer { out_row: half, ..base }, out)));
    assert!(refused(&|out| outer(Outer { out_segment: half, ..base }, out)));
    let Outer { m, n, segments, k, left, left_row, left_cols, right, right_segment, out_row, out_segment, start, .. } = base;
    let by_list = Outer { m, n, segments, k, left, left_row, left_cols, right, rows: listed, right_segment, out_row, out_segment, start };
    assert!(refused(&|out| outer(by_list, out)));
}
