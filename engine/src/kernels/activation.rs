//! Element by element: ReLU, LeakyReLU, tanh, sigmoid, in place.

use pulp::{Simd, WithSimd};

use super::{math, simd::arch};

/// A function of one element whose derivative follows from its result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `max(x, 0)`
    Relu,
    /// `x` where positive, else the slope times `x`.
    LeakyRelu(f32),
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}

/// Replaces each element by the function's value.
pub fn forward(activation: Activation, x: &mut [f32]) {
    arch().dispatch(Forward(activation, x));
}

/// Multiplies each element of `grad` by the derivative, told from the function's results `y`.
///
/// Where a ReLU gave NaN the gradient passes, as PyTorch lets it.
///
/// # Panics
/// If the lengths differ.
pub fn backward(activation: Activation, y: &[f32], grad: &mut [f32]) {
    assert_eq!(y.len(), grad.len());
    arch().dispatch(Backward(activation, y, grad));
}

/// As [`backward`], for a LeakyReLU with a negative slope, whose result does not tell the sign of its input `x`.
///
/// # Panics
/// If the lengths differ.
pub fn leaky_backward(slope: f32, x: &[f32], grad: &mut [f32]) {
    assert_eq!(x.len(), grad.len());
    arch().dispatch(Backward(Activation::LeakyRelu(slope), x, grad));
}

struct Forward<'a>(Activation, &'a mut [f32]);

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forward(activation, x) = self;
        let zero = simd.splat_f32s(0.0);
        match activation {
            // The comparison is false for NaN, which so stays.
            Activation::Relu => map(
                simd,
                x,
                #[inline(always)]
                |x| simd.select_f32s(simd.less_than_f32s(x, zero), zero, x),
            ),
            Activation::LeakyRelu(slope) => {
                let slope = simd.splat_f32s(slope);
                map(
                    simd,
                    x,
                    #[inline(always)]
                    |x| simd.select_f32s(simd.greater_than_f32s(x, zero), x, simd.mul_f32s(x, slope)),
                )
            }
            Activation::Tanh => map(
                simd,
                x,
                #[inline(always)]
                |x| math::tanh(simd, x),
            ),
            Activation::Sigmoid => map(
                simd,
                x,
                #[inline(always)]
                |x| math::sigmoid(simd, x),
            ),
        }
    }
}

struct Backward<'a>(Activation, &'a [f32], &'a mut [f32]);

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Backward(activation, y, grad) = self;
        let (zero, one) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0));
        match activation {
            Activation::Relu => zip(
                simd,
                y,
                grad,
                #[inline(always)]
                |y, g| simd.select_f32s(simd.less_than_or_equal_f32s(y, zero), zero, g),
            ),
            Activation::LeakyRelu(slope) => {
                let slope = simd.splat_f32s(slope);
                zip(
                    simd,
                    y,
                    grad,
                    #[inline(always)]
                    |y, g| simd.select_f32s(simd.greater_than_f32s(y, zero), g, simd.mul_f32s(g, slope)),
                )
            }
            Activation::Tanh => zip(
                simd,
                y,
                grad,
                #[inline(always)]
                |y, g| simd.mul_f32s(g, simd.negate_mul_add_e_f32s(y, y, one)),
            ),
            Activation::Sigmoid => zip(
                simd,
                y,
                grad,
                #[inline(always)]
                |y, g| simd.mul_f32s(g, simd.negate_mul_add_e_f32s(y, y, y)),
            ),
        }
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
/// If the lengths differ.
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
        let cases: [Case; 4] = [
            (Activation::Relu, |x| x.max(0.0), |x| if x > 0.0 { 1.0 } else { 0.0 }),
            (Activation::LeakyRelu(0.25), |x| if x > 0.0 { x } else { 0.25 * x }, |x| if x > 0.0 { 1.0 } else { 0.25 }),
            (Activation::Tanh, f64::tanh, |x| 1.0 - x.tanh() * x.tanh()),
            (Activation::Sigmoid, |x| 1.0 / (1.0 + (-x).exp()), |x| (-x).exp() / (1.0 + (-x).exp()).powi(2)),
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
                backward(activation, &y, &mut fast);
                let slow: Vec<f32> = x.iter().zip(&grad).map(|(&x, &g)| (f64::from(g) * derivative(f64::from(x))) as f32).collect();
                close(&fast, &slow, 1e-6);
            }
        }
    }

    #[test]
    fn a_negative_slope_goes_by_the_input() {
        let mut grad = [1.0, 1.0, 1.0];
        leaky_backward(-2.0, &[1.5, -1.5, 0.0], &mut grad);
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
