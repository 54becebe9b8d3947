//! PReLU over `[channels, elements]`, with one slope per channel.

use layercake_ir::ops::LeakyRelu;
use pulp::{Simd, WithSimd};

use super::{
    elementwise::{Curve, map, zip},
    simd::arch,
};

fn leaky(slope: f32) -> LeakyRelu {
    LeakyRelu { negative_slope: f64::from(slope) }
}

/// Multiplies elements that are not positive by their slope.
pub fn forward(slopes: &[f32], y: &mut [f32]) {
    arch().dispatch(Forward { slopes, y });
}

/// Turns the gradient of the result into that of the input `x`.
pub fn backward(slopes: &[f32], x: &[f32], grad: &mut [f32]) {
    arch().dispatch(Backward { slopes, x, grad });
}

/// The gradient of the slopes; overwrites or is added. For each channel it is the sum of `x dy` where `x` is not positive.
pub fn slope_grads(x: &[f32], dy: &[f32], to: &mut [f32], add: bool) {
    arch().dispatch(SlopeGrads { x, dy, to, add });
}

struct Forward<'a> {
    slopes: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channel = self.y.len() / self.slopes.len();
        for (&slope, y) in self.slopes.iter().zip(self.y.chunks_exact_mut(channel)) {
            map(
                simd,
                y,
                #[inline(always)]
                |x| leaky(slope).value(simd, x),
            );
        }
    }
}

struct Backward<'a> {
    slopes: &'a [f32],
    x: &'a [f32],
    grad: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channel = self.x.len() / self.slopes.len();
        for ((&slope, x), grad) in self.slopes.iter().zip(self.x.chunks_exact(channel)).zip(self.grad.chunks_exact_mut(channel)) {
            zip(
                simd,
                x,
                grad,
                #[inline(always)]
                |x, grad| leaky(slope).pull(simd, x, grad),
            );
        }
    }
}

struct SlopeGrads<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    to: &'a mut [f32],
    add: bool,
}

impl WithSimd for SlopeGrads<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        /// The number of vectors that are summed in float32.
        const BLOCK: usize = 64;
        let Self { x, dy, to, add } = self;
        let (channel, zero) = (x.len() / to.len(), simd.splat_f32s(0.0));
        let term = {
            #[inline(always)]
            |x: S::f32s, dy: S::f32s| simd.select_f32s(simd.greater_than_f32s(x, zero), zero, simd.mul_f32s(x, dy))
        };
        for ((x, dy), to) in x.chunks_exact(channel).zip(dy.chunks_exact(channel)).zip(to) {
            let ((x, x_rest), (dy, dy_rest)) = (S::as_simd_f32s(x), S::as_simd_f32s(dy));
            let rest = term(simd.partial_load_f32s(x_rest), simd.partial_load_f32s(dy_rest));
            let mut total = f64::from(simd.reduce_sum_f32s(rest));
            for (x, dy) in x.chunks(BLOCK).zip(dy.chunks(BLOCK)) {
                let sum = x.iter().zip(dy).fold(zero, |sum, (&x, &dy)| simd.add_f32s(sum, term(x, dy)));
                total += f64::from(simd.reduce_sum_f32s(sum));
            }
            *to = if add { *to + total as f32 } else { total as f32 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    #[test]
    fn agrees_with_the_definition() {
        for (channels, len) in [(1, 1), (3, 5), (2, 16), (1, 2500), (4, 37)] {
            let (mut x, dy, slopes) = (numbers(channels * len, 1), numbers(channels * len, 2), numbers(channels, 3));
            x[0] = 0.0;
            let (mut y, mut dx, mut grads) = (x.clone(), dy.clone(), vec![1.0; channels]);
            forward(&slopes, &mut y);
            backward(&slopes, &x, &mut dx);
            slope_grads(&x, &dy, &mut grads, true);
            // Terms of both signs cancel, so the rounding error is relative to their magnitudes, not to the sum.
            let (mut sums, mut magnitudes) = (vec![1.0f64; channels], vec![1.0f64; channels]);
            for (at, &x) in x.iter().enumerate() {
                let slope = if x > 0.0 { 1.0 } else { slopes[at / len] };
                assert_eq!([y[at], dx[at]], [slope * x, slope * dy[at]]);
                let term = if x > 0.0 { 0.0 } else { f64::from(x) * f64::from(dy[at]) };
                sums[at / len] += term;
                magnitudes[at / len] += term.abs();
            }
            for ((found, wanted), magnitude) in grads.iter().zip(&sums).zip(&magnitudes) {
                assert!((f64::from(*found) - wanted).abs() <= 1e-7 * magnitude, "{found} instead of {wanted}, of terms of {magnitude}");
            }
        }
    }
}
