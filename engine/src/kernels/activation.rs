//! Elementwise functions, in place.

use pulp::{Simd, WithSimd};

use super::{
    curves::{Between, Curve, Exponential, Gelu, Leaky, Relu, Sigmoid, Silu, Softplus, Tanh, TanhGelu},
    simd::arch,
};

/// A function of one element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `max(x, 0)`
    Relu,
    /// `x` where positive, otherwise the slope times `x`.
    LeakyRelu(f32),
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// `scale x` where positive, otherwise `scale alpha (exp(x) - 1)`: ELU and SELU.
    Exponential {
        /// The limit far below zero, negated and divided by the scale.
        alpha: f32,
        /// The slope where positive.
        scale: f32,
    },
    /// `x / (1 + exp(-x))`
    Silu,
    /// `x` times the normal distribution's `P(X < x)`.
    Gelu,
    /// The same, with the distribution approximated by a hyperbolic tangent.
    TanhGelu,
    /// `ln(1 + exp(beta x)) / beta`, and `x` where `beta x` is greater than the threshold.
    Softplus {
        /// The sharpness of the bend.
        beta: f32,
        /// The end of the bend.
        threshold: f32,
    },
    /// `x` clamped between two bounds.
    Between(f32, f32),
}

impl Activation {
    /// Whether the derivative is computed from the input rather than from the result. The result does not determine it if two inputs with different
    /// derivatives have the same result. A function whose result determines it can overwrite its input in training.
    pub fn by_input(self) -> bool {
        match self {
            Activation::LeakyRelu(slope) => slope < 0.0,
            Activation::Exponential { alpha, .. } => alpha < 0.0,
            Activation::Silu | Activation::Gelu | Activation::TanhGelu | Activation::Softplus { .. } => true,
            Activation::Relu | Activation::Tanh | Activation::Sigmoid | Activation::Between(..) => false,
        }
    }
}

/// Replaces each element by the value of the function.
pub fn forward(activation: Activation, x: &mut [f32]) {
    arch().dispatch(Forward(activation, x));
}

/// Multiplies each element of `grad` by the derivative, computed from `at`: the inputs or the results, according to [`Activation::by_input`].
///
/// If the result of a ReLU is NaN, the gradient passes, as in PyTorch.
///
/// # Panics
/// Panics if the lengths differ.
pub fn backward(activation: Activation, at: &[f32], grad: &mut [f32]) {
    assert_eq!(at.len(), grad.len());
    arch().dispatch(Backward(activation, at, grad));
}

struct Forward<'a>(Activation, &'a mut [f32]);

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forward(activation, x) = self;
        // One loop each: the function is selected outside.
        match activation {
            Activation::Relu => values(simd, Relu, x),
            Activation::LeakyRelu(slope) => values(simd, Leaky(slope), x),
            Activation::Tanh => values(simd, Tanh, x),
            Activation::Sigmoid => values(simd, Sigmoid, x),
            Activation::Exponential { alpha, scale } => values(simd, Exponential { alpha, scale }, x),
            Activation::Silu => values(simd, Silu, x),
            Activation::Gelu => values(simd, Gelu, x),
            Activation::TanhGelu => values(simd, TanhGelu, x),
            Activation::Softplus { beta, threshold } => values(simd, Softplus { beta, threshold }, x),
            Activation::Between(low, high) => values(simd, Between { low, high }, x),
        }
    }
}

struct Backward<'a>(Activation, &'a [f32], &'a mut [f32]);

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Backward(activation, at, grad) = self;
        match activation {
            Activation::Relu => pulls(simd, Relu, at, grad),
            Activation::LeakyRelu(slope) => pulls(simd, Leaky(slope), at, grad),
            Activation::Tanh => pulls(simd, Tanh, at, grad),
            Activation::Sigmoid => pulls(simd, Sigmoid, at, grad),
            Activation::Exponential { alpha, scale } => pulls(simd, Exponential { alpha, scale }, at, grad),
            Activation::Silu => pulls(simd, Silu, at, grad),
            Activation::Gelu => pulls(simd, Gelu, at, grad),
            Activation::TanhGelu => pulls(simd, TanhGelu, at, grad),
            Activation::Softplus { beta, threshold } => pulls(simd, Softplus { beta, threshold }, at, grad),
            Activation::Between(low, high) => pulls(simd, Between { low, high }, at, grad),
        }
    }
}

#[inline(always)]
fn values<S: Simd>(simd: S, curve: impl Curve, x: &mut [f32]) {
    map(
        simd,
        x,
        #[inline(always)]
        |x| curve.value(simd, x),
    );
}

#[inline(always)]
fn pulls<S: Simd>(simd: S, curve: impl Curve, at: &[f32], grad: &mut [f32]) {
    zip(
        simd,
        at,
        grad,
        #[inline(always)]
        |at, grad| curve.pull(simd, at, grad),
    );
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
    use super::*;
    use crate::kernels::testing::{close, numbers};

    #[test]
    fn agrees_with_the_definition_and_its_derivative() {
        type Case = (Activation, fn(f64) -> f64, fn(f64) -> f64);
        let cases: [Case; 9] = [
            (Activation::Relu, |x| x.max(0.0), |x| if x > 0.0 { 1.0 } else { 0.0 }),
            (Activation::LeakyRelu(0.25), |x| if x > 0.0 { x } else { 0.25 * x }, |x| if x > 0.0 { 1.0 } else { 0.25 }),
            (Activation::Tanh, f64::tanh, |x| 1.0 - x.tanh() * x.tanh()),
            (Activation::Sigmoid, |x| 1.0 / (1.0 + (-x).exp()), |x| (-x).exp() / (1.0 + (-x).exp()).powi(2)),
            (
                Activation::Exponential { alpha: 0.5, scale: 2.0 },
                |x| if x > 0.0 { 2.0 * x } else { x.exp_m1() },
                |x| if x > 0.0 { 2.0 } else { x.exp() },
            ),
            (
                Activation::Exponential { alpha: -0.5, scale: 1.0 },
                |x| if x > 0.0 { x } else { -0.5 * x.exp_m1() },
                |x| if x > 0.0 { 1.0 } else { -0.5 * x.exp() },
            ),
            (Activation::Silu, |x| x / (1.0 + (-x).exp()), |x| (1.0 + x / (1.0 + x.exp())) / (1.0 + (-x).exp())),
            (
                Activation::Softplus { beta: 2.0, threshold: 3.0 },
                |x| if 2.0 * x > 3.0 { x } else { (2.0 * x).exp().ln_1p() / 2.0 },
                |x| if 2.0 * x > 3.0 { 1.0 } else { 1.0 / (1.0 + (-2.0 * x).exp()) },
            ),
            (Activation::Between(-0.5, 1.25), |x| x.clamp(-0.5, 1.25), |x| if x > -0.5 && x < 1.25 { 1.0 } else { 0.0 }),
        ];
        for len in [1, 3, 8, 15, 16, 17, 33, 100] {
            for (activation, function, derivative) in cases {
                let mut x = numbers(len, 5);
                x[0] = 0.0;
                let mut y = x.clone();
                forward(activation, &mut y);
                close(&y, &x.iter().map(|&x| function(f64::from(x)) as f32).collect::<Vec<_>>(), 1e-6);
                let grad = numbers(len, 6);
                let mut fast = grad.clone();
                backward(activation, if activation.by_input() { &x } else { &y }, &mut fast);
                let slow: Vec<f32> = x.iter().zip(&grad).map(|(&x, &g)| (f64::from(g) * derivative(f64::from(x))) as f32).collect();
                close(&fast, &slow, 1e-6);
            }
        }
    }

    #[test]
    fn a_negative_slope_goes_by_the_input() {
        let mut grad = [1.0, 1.0, 1.0];
        assert!(Activation::LeakyRelu(-2.0).by_input());
        backward(Activation::LeakyRelu(-2.0), &[1.5, -1.5, 0.0], &mut grad);
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
