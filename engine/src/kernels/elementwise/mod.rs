//! Elementwise functions, in place: one file each, with value and derivative.

mod abs;
mod between;
mod clamp;
mod exp;
mod exponential;
pub mod gelu;
mod hardsigmoid;
mod hardswish;
mod leaky_relu;
mod log;
mod mish;
mod nan_to_num;
mod pow;
mod relu;
mod rescaling;
mod sigmoid;
mod silu;
mod softplus;
mod softshrink;
mod softsign;
mod sqrt;
mod tanh;
mod threshold;

use std::fmt::Debug;

use pulp::{Simd, WithSimd};

use super::simd::arch;

/// An elementwise function on vectors.
pub trait Curve: Copy + Debug + Send + Sync + 'static {
    /// Whether the derivative is computed from the input, and not from the result. It must be if two inputs with different derivatives have
    /// the same result. Otherwise the result can overwrite the input in training.
    fn by_input(self) -> bool;

    /// The least and the largest value, if the function is the nearest number between them.
    fn limits(self) -> Option<[f32; 2]> {
        None
    }

    /// The value.
    fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s;

    /// The gradient times the derivative, which is computed from the input or the result ([`Curve::by_input`]).
    fn pull<S: Simd>(self, simd: S, at: S::f32s, grad: S::f32s) -> S::f32s;
}

/// An elementwise function on slices.
pub trait Function: Debug + Send + Sync {
    /// [`Curve::by_input`]
    fn by_input(&self) -> bool;

    /// [`Curve::limits`]
    fn limits(&self) -> Option<[f32; 2]>;

    /// Replaces each element by the function's value.
    fn forward(&self, x: &mut [f32]);

    /// Multiplies each element of `grad` by the derivative, computed from `at`: the inputs or the results, as [`Function::by_input`] says.
    ///
    /// Where a ReLU returned NaN, the gradient passes, as in PyTorch.
    ///
    /// # Panics
    /// Panics if the lengths differ.
    fn backward(&self, at: &[f32], grad: &mut [f32]);
}

impl<C: Curve> Function for C {
    fn by_input(&self) -> bool {
        Curve::by_input(*self)
    }

    fn limits(&self) -> Option<[f32; 2]> {
        Curve::limits(*self)
    }

    fn forward(&self, x: &mut [f32]) {
        arch().dispatch(Forward(*self, x));
    }

    fn backward(&self, at: &[f32], grad: &mut [f32]) {
        assert_eq!(at.len(), grad.len());
        arch().dispatch(Backward(*self, at, grad));
    }
}

struct Forward<'a, C>(C, &'a mut [f32]);

impl<C: Curve> WithSimd for Forward<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forward(curve, x) = self;
        map(
            simd,
            x,
            #[inline(always)]
            |x| curve.value(simd, x),
        );
    }
}

struct Backward<'a, C>(C, &'a [f32], &'a mut [f32]);

impl<C: Curve> WithSimd for Backward<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Backward(curve, at, grad) = self;
        zip(
            simd,
            at,
            grad,
            #[inline(always)]
            |at, grad| curve.pull(simd, at, grad),
        );
    }
}

/// Applies a function to each element.
#[inline(always)]
pub fn map<S: Simd>(simd: S, x: &mut [f32], f: impl Fn(S::f32s) -> S::f32s) {
    let (whole, rest) = S::as_mut_simd_f32s(x);
    for x in whole {
        *x = f(*x);
    }
    if !rest.is_empty() {
        let y = f(simd.partial_load_f32s(rest));
        simd.partial_store_f32s(rest, y);
    }
}

/// Applies a function to each pair of elements and stores the result in the second.
#[inline(always)]
pub fn zip<S: Simd>(simd: S, x: &[f32], y: &mut [f32], f: impl Fn(S::f32s, S::f32s) -> S::f32s) {
    let (x_whole, x_rest) = S::as_simd_f32s(x);
    let (y_whole, y_rest) = S::as_mut_simd_f32s(y);
    for (&x, y) in x_whole.iter().zip(y_whole) {
        *y = f(x, *y);
    }
    if !y_rest.is_empty() {
        let value = f(simd.partial_load_f32s(x_rest), simd.partial_load_f32s(y_rest));
        simd.partial_store_f32s(y_rest, value);
    }
}

/// Adds `x` to `y`, element by element.
///
/// # Panics
/// Panics if the lengths differ.
pub fn add(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    arch().dispatch(Add(x, y));
}

struct Add<'a>(&'a [f32], &'a mut [f32]);

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        zip(
            simd,
            self.0,
            self.1,
            #[inline(always)]
            |x, y| simd.add_f32s(x, y),
        );
    }
}

#[cfg(test)]
mod tests {
    use layercake_ir::ops::{Elu, Hardtanh, LeakyRelu, Relu, Sigmoid, Silu, Softplus, Tanh};

    use super::*;
    use crate::kernels::testing::{close, numbers};

    #[test]
    fn agrees_with_the_definition_and_its_derivative() {
        type Case = (Box<dyn Function>, fn(f64) -> f64, fn(f64) -> f64);
        let cases: [Case; 9] = [
            (Box::new(Relu {}), |x| x.max(0.0), |x| if x > 0.0 { 1.0 } else { 0.0 }),
            (Box::new(LeakyRelu { negative_slope: 0.25 }), |x| if x > 0.0 { x } else { 0.25 * x }, |x| if x > 0.0 { 1.0 } else { 0.25 }),
            (Box::new(Tanh {}), f64::tanh, |x| 1.0 - x.tanh() * x.tanh()),
            (Box::new(Sigmoid {}), |x| 1.0 / (1.0 + (-x).exp()), |x| (-x).exp() / (1.0 + (-x).exp()).powi(2)),
            (Box::new(Elu { alpha: 0.5 }), |x| if x > 0.0 { x } else { 0.5 * x.exp_m1() }, |x| if x > 0.0 { 1.0 } else { 0.5 * x.exp() }),
            (
                Box::new(Elu { alpha: -0.5 }),
                |x| if x > 0.0 { x } else { -0.5 * x.exp_m1() },
                |x| if x > 0.0 { 1.0 } else { -0.5 * x.exp() },
            ),
            (Box::new(Silu {}), |x| x / (1.0 + (-x).exp()), |x| (1.0 + x / (1.0 + x.exp())) / (1.0 + (-x).exp())),
            (
                Box::new(Softplus { beta: 2.0, threshold: 3.0 }),
                |x| if 2.0 * x > 3.0 { x } else { (2.0 * x).exp().ln_1p() / 2.0 },
                |x| if 2.0 * x > 3.0 { 1.0 } else { 1.0 / (1.0 + (-2.0 * x).exp()) },
            ),
            (
                Box::new(Hardtanh { min_val: -0.5, max_val: 1.25 }),
                |x| x.clamp(-0.5, 1.25),
                |x| if x > -0.5 && x < 1.25 { 1.0 } else { 0.0 },
            ),
        ];
        for len in [1, 3, 8, 15, 16, 17, 33, 100] {
            for (curve, function, derivative) in &cases {
                let mut x = numbers(len, 5);
                x[0] = 0.0;
                let mut y = x.clone();
                curve.forward(&mut y);
                close(&y, &x.iter().map(|&x| function(f64::from(x)) as f32).collect::<Vec<_>>(), 1e-6);
                let grad = numbers(len, 6);
                let mut fast = grad.clone();
                curve.backward(if curve.by_input() { &x } else { &y }, &mut fast);
                let slow: Vec<f32> = x.iter().zip(&grad).map(|(&x, &g)| (f64::from(g) * derivative(f64::from(x))) as f32).collect();
                close(&fast, &slow, 1e-6);
            }
        }
    }

    #[test]
    fn a_negative_slope_goes_by_the_input() {
        let mut grad = [1.0, 1.0, 1.0];
        let leaky = LeakyRelu { negative_slope: -2.0 };
        assert!(Function::by_input(&leaky));
        leaky.backward(&[1.5, -1.5, 0.0], &mut grad);
        assert_eq!(grad, [1.0, -2.0, -2.0]);
    }

    #[test]
    fn adds() {
        let (x, mut y) = (numbers(37, 1), numbers(37, 2));
        let wanted: Vec<f32> = x.iter().zip(&y).map(|(x, y)| x + y).collect();
        add(&x, &mut y);
        assert_eq!(y, wanted);
    }
}
