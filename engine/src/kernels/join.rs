//! Elementwise operations on two values of the same shape.

use pulp::{Simd, WithSimd};

use super::{
    elementwise::zip,
    simd::{arch, vectorized},
};

/// The operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operator {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a b`
    Mul,
    /// `a / b`
    Div,
    /// The maximum; NaN if either is.
    Max,
    /// The minimum; NaN if either is.
    Min,
}

/// `y = a op b`
///
/// # Panics
/// Panics, here and below, if the lengths differ.
pub fn pair(operator: Operator, a: &[f32], b: &[f32], y: &mut [f32]) {
    assert!(a.len() == y.len() && b.len() == y.len());
    arch().dispatch(Pair { operator, a, b, y });
}

/// `y = y op x`
pub fn fold(operator: Operator, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    arch().dispatch(Fold { operator, x, y });
}

/// The share of the gradient of the maximum or minimum of `x` and `other` that `x` gets.
pub fn share(operator: Operator, x: &[f32], other: &[f32], grad: &mut [f32]) {
    assert!(x.len() == grad.len() && other.len() == grad.len());
    let sign = sign(operator);
    vectorized(
        #[inline(always)]
        || x.iter().zip(other).zip(grad).for_each(|((&x, &other), grad)| *grad = left(sign * x, sign * other, *grad)),
    );
}

/// [`share`] for the maximum or minimum of `x` and `count` others; `other(i)` is number `i`.
pub fn share_with<'a>(operator: Operator, x: &[f32], count: usize, other: impl Fn(usize) -> &'a [f32], grad: &mut [f32]) {
    let sign = sign(operator);
    for (k, (&x, grad)) in x.iter().zip(grad).enumerate() {
        let most = (1..count).fold(sign * other(0)[k], |most, i| greater(most, sign * other(i)[k]));
        *grad = left(sign * x, most, *grad);
    }
}

/// A minimum is a maximum of negated elements.
fn sign(operator: Operator) -> f32 {
    if operator == Operator::Min { -1.0 } else { 1.0 }
}

/// All if `x` is greater or either is NaN, half if they are equal: PyTorch's rule.
#[inline(always)]
fn left(x: f32, other: f32, grad: f32) -> f32 {
    let grad = if x < other { 0.0 } else { grad };
    if x == other { 0.5 * grad } else { grad }
}

/// The maximum; NaN if either is.
fn greater(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

#[inline(always)]
fn apply<S: Simd>(simd: S, operator: Operator) -> impl Fn(S::f32s, S::f32s) -> S::f32s {
    // The operator is the same for all elements: the compiler moves the choice out of the loop, or the processor predicts it.
    #[inline(always)]
    move |a, b| match operator {
        Operator::Add => simd.add_f32s(a, b),
        Operator::Sub => simd.sub_f32s(a, b),
        Operator::Mul => simd.mul_f32s(a, b),
        Operator::Div => simd.div_f32s(a, b),
        // Unordered means NaN: `b` if it is NaN, otherwise `a`.
        Operator::Max => {
            let not_less = simd.select_f32s(simd.less_than_or_equal_f32s(b, a), a, b);
            simd.select_f32s(simd.equal_f32s(a, a), not_less, a)
        }
        Operator::Min => {
            let not_greater = simd.select_f32s(simd.less_than_or_equal_f32s(a, b), a, b);
            simd.select_f32s(simd.equal_f32s(a, a), not_greater, a)
        }
    }
}

struct Fold<'a> {
    operator: Operator,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Fold<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let join = apply(simd, self.operator);
        zip(
            simd,
            self.x,
            self.y,
            #[inline(always)]
            |x, y| join(y, x),
        );
    }
}

struct Pair<'a> {
    operator: Operator,
    a: &'a [f32],
    b: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Pair<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let join = apply(simd, self.operator);
        zip_two(
            simd,
            self.a,
            self.b,
            self.y,
            #[inline(always)]
            |a, b, _| join(a, b),
        );
    }
}

/// Applies a function to the elements of three slices and stores the result in the third.
#[inline(always)]
fn zip_two<S: Simd>(simd: S, a: &[f32], b: &[f32], y: &mut [f32], f: impl Fn(S::f32s, S::f32s, S::f32s) -> S::f32s) {
    let (a_whole, a_rest) = S::as_simd_f32s(a);
    let (b_whole, b_rest) = S::as_simd_f32s(b);
    let (y_whole, y_rest) = S::as_mut_simd_f32s(y);
    for ((&a, &b), y) in a_whole.iter().zip(b_whole).zip(y_whole) {
        *y = f(a, b, *y);
    }
    if !y_rest.is_empty() {
        let value = f(simd.partial_load_f32s(a_rest), simd.partial_load_f32s(b_rest), simd.partial_load_f32s(y_rest));
        simd.partial_store_f32s(y_rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    type Definition = fn(f32, f32) -> f32;

    const OPERATORS: [(Operator, Definition); 6] = [
        (Operator::Add, |a, b| a + b),
        (Operator::Sub, |a, b| a - b),
        (Operator::Mul, |a, b| a * b),
        (Operator::Div, |a, b| a / b),
        (Operator::Max, greater),
        (Operator::Min, |a, b| -greater(-a, -b)),
    ];

    #[test]
    fn agree_with_their_definitions() {
        for len in [1, 7, 8, 16, 33, 100] {
            let (a, b) = (numbers(len, 1), numbers(len, 2));
            for (operator, definition) in OPERATORS {
                let wanted: Vec<f32> = a.iter().zip(&b).map(|(&a, &b)| definition(a, b)).collect();
                let mut y = vec![f32::NAN; len];
                pair(operator, &a, &b, &mut y);
                assert_eq!(y, wanted, "{operator:?}");
                let mut y = a.clone();
                fold(operator, &b, &mut y);
                assert_eq!(y, wanted, "{operator:?}");
            }
        }
    }

    #[test]
    fn maxima_and_minima_keep_nan() {
        let (a, b) = ([1.0, f32::NAN, f32::NAN, f32::INFINITY, -0.0], [f32::NAN, 1.0, f32::NAN, 2.0, f32::NEG_INFINITY]);
        let mut y = [0.0; 5];
        pair(Operator::Max, &a, &b, &mut y);
        assert!(y[..3].iter().all(|y| y.is_nan()) && y[3..] == [f32::INFINITY, 0.0], "{y:?}");
        pair(Operator::Min, &a, &b, &mut y);
        assert!(y[..3].iter().all(|y| y.is_nan()) && y[3..] == [2.0, f32::NEG_INFINITY], "{y:?}");
    }

    #[test]
    fn equal_ones_share_the_gradient_of_their_maximum() {
        let (x, other) = ([1.0, 2.0, 3.0, f32::NAN, 0.0], [2.0, 2.0, 2.0, 0.0, f32::NAN]);
        let mut grad = [1.0; 5];
        share(Operator::Max, &x, &other, &mut grad);
        assert_eq!(grad, [0.0, 0.5, 1.0, 1.0, 1.0]);
        let mut grad = [1.0; 5];
        share(Operator::Min, &x, &other, &mut grad);
        assert_eq!(grad, [1.0, 0.5, 0.0, 1.0, 1.0]);
        // For three equal elements, the shares from left to right are 1/4, 1/4 and 1/2.
        let all = [[2.0], [2.0], [2.0]];
        let mut last = [1.0];
        share_with(Operator::Max, &all[2], 2, |i| &all[i], &mut last);
        assert_eq!(last, [0.5]);
    }
}
