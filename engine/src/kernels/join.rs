//! Two values of one shape, element by element.

use pulp::{Simd, WithSimd};

use super::{activation::zip, simd::arch};

/// How two elements become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operator {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a b`
    Mul,
    /// `b` where that is greater than `a`, else `a`.
    Max,
}

/// `y = a op b`
///
/// # Panics
/// Here and below: if the lengths differ.
pub fn pair(operator: Operator, a: &[f32], b: &[f32], y: &mut [f32]) {
    assert!(a.len() == y.len() && b.len() == y.len());
    arch().dispatch(Pair { operator, a, b, y });
}

/// `y = y op x`
pub fn fold(operator: Operator, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    arch().dispatch(Fold { operator, x, y });
}

/// Zeroes the elements of `grad` where `x` is not greater than `other`.
pub fn keep_greater(x: &[f32], other: &[f32], grad: &mut [f32]) {
    assert!(x.len() == grad.len() && other.len() == grad.len());
    arch().dispatch(Keep { x, other, grad, greater: true });
}

/// Zeroes the elements of `grad` where `other` is greater than `x`.
pub fn keep_not_less(x: &[f32], other: &[f32], grad: &mut [f32]) {
    assert!(x.len() == grad.len() && other.len() == grad.len());
    arch().dispatch(Keep { x, other, grad, greater: false });
}

#[inline(always)]
fn apply<S: Simd>(simd: S, operator: Operator) -> impl Fn(S::f32s, S::f32s) -> S::f32s {
    // The operator is the same for all elements: the compiler takes the choice out of the loop, or predicts it.
    #[inline(always)]
    move |a, b| match operator {
        Operator::Add => simd.add_f32s(a, b),
        Operator::Sub => simd.sub_f32s(a, b),
        Operator::Mul => simd.mul_f32s(a, b),
        Operator::Max => simd.select_f32s(simd.greater_than_f32s(b, a), b, a),
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

struct Keep<'a> {
    x: &'a [f32],
    other: &'a [f32],
    grad: &'a mut [f32],
    greater: bool,
}

impl WithSimd for Keep<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Keep { x, other, grad, greater } = self;
        let zero = simd.splat_f32s(0.0);
        zip_two(
            simd,
            x,
            other,
            grad,
            #[inline(always)]
            |x, other, grad| {
                if greater {
                    simd.select_f32s(simd.greater_than_f32s(x, other), grad, zero)
                } else {
                    simd.select_f32s(simd.greater_than_f32s(other, x), zero, grad)
                }
            },
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

    const OPERATORS: [(Operator, Definition); 4] = [
        (Operator::Add, |a, b| a + b),
        (Operator::Sub, |a, b| a - b),
        (Operator::Mul, |a, b| a * b),
        (Operator::Max, |a, b| if b > a { b } else { a }),
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
    fn gradients_of_a_maximum_go_to_one_of_equals() {
        let (x, other) = ([1.0, 2.0, 3.0], [2.0, 2.0, 2.0]);
        let (mut first, mut second) = ([1.0; 3], [1.0; 3]);
        keep_not_less(&x, &other, &mut first);
        keep_greater(&x, &other, &mut second);
        assert_eq!((first, second), ([0.0, 1.0, 1.0], [0.0, 0.0, 1.0]));
    }
}
