//! Batch normalization of `[channels, elements]`.
//!
//! Each lane sums its own share of a batch; [`Moments::merge`] merges the shares in a fixed order. Sums are in f64, because the variance is a
//! difference of large numbers if the mean is far from zero.

use pulp::{Simd, WithSimd};

use super::simd::arch;

/// Mean and sum of squared deviations of one channel over `count` elements.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The sum of the squared differences from it.
    pub squares: f64,
}

impl Moments {
    /// Merges the moments of two sets (Chan, Golub and LeVeque, 1983).
    pub fn merge(self, count: usize, other: Moments, other_count: usize) -> Moments {
        let (count, other_count) = (count as f64, other_count as f64);
        let share = other_count / (count + other_count);
        let apart = other.mean - self.mean;
        Moments { mean: self.mean + apart * share, squares: self.squares + other.squares + apart * apart * count * share }
    }
}

/// The moments of each channel, one after the other in `x`.
pub fn moments(x: &[f32], moments: &mut [Moments]) {
    arch().dispatch(Sums(x, moments));
}

/// `y = (x - mean) scale + shift` for each channel.
pub fn normalize(mean: &[f32], scale: &[f32], shift: &[f32], x: &[f32], y: &mut [f32]) {
    arch().dispatch(Normalize { mean, scale, shift, x, y });
}

/// The sums that the input's gradient needs for each channel: of the gradients, and of their products with `x - mean`.
pub fn gradient_sums(mean: &[f32], x: &[f32], dy: &[f32], sums: &mut [[f64; 2]]) {
    arch().dispatch(GradientSums { mean, x, dy, sums });
}

/// The coefficients of the input's gradient for each channel: `dx = dy by_grad + (x - mean) by_input + constant`.
#[derive(Clone, Debug, Default)]
pub struct Gradient {
    /// The factor of the output's gradient.
    pub by_grad: Vec<f32>,
    /// The factor of the input's distance from the mean.
    pub by_input: Vec<f32>,
    /// The constant.
    pub constant: Vec<f32>,
}

/// The input's gradient; overwrites `dx` or is added to it.
pub fn gradient(mean: &[f32], gradient: &Gradient, x: &[f32], dy: &[f32], dx: &mut [f32], add: bool) {
    arch().dispatch(ByInput { mean, gradient, x, dy, dx, add });
}

struct Sums<'a>(&'a [f32], &'a mut [Moments]);

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Sums(x, moments) = self;
        let count = x.len() / moments.len();
        for (x, moments) in x.chunks_exact(count).zip(moments) {
            moments.mean = sum(x, |x| x) / count as f64;
            let mean = moments.mean as f32;
            let squares = sum(x, |x| (x - mean) * (x - mean));
            // The deviations are from the mean rounded to f32.
            let rounding = moments.mean - f64::from(mean);
            moments.squares = (squares - count as f64 * rounding * rounding).max(0.0);
        }
    }
}

struct GradientSums<'a> {
    mean: &'a [f32],
    x: &'a [f32],
    dy: &'a [f32],
    sums: &'a mut [[f64; 2]],
}

impl WithSimd for GradientSums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let GradientSums { mean, x, dy, sums } = self;
        let count = x.len() / sums.len();
        for ((x, dy), (sums, mean)) in x.chunks_exact(count).zip(dy.chunks_exact(count)).zip(sums.iter_mut().zip(mean)) {
            *sums = [sum(dy, |dy| dy), sum_of_two(x, dy, |x, dy| (x - mean) * dy)];
        }
    }
}

/// Sums `f` in 16 interleaved parts, which the compiler keeps in vectors, and adds these to sums in f64 at intervals.
#[inline(always)]
fn sum(x: &[f32], f: impl Fn(f32) -> f32) -> f64 {
    let mut total = 0.0;
    for x in x.chunks(BLOCK) {
        let mut parts = [0f32; 16];
        let (whole, rest) = x.as_chunks::<16>();
        for x in whole {
            for (part, &x) in parts.iter_mut().zip(x) {
                *part += f(x);
            }
        }
        for (part, &x) in parts.iter_mut().zip(rest) {
            *part += f(x);
        }
        total += parts.iter().map(|&part| f64::from(part)).sum::<f64>();
    }
    total
}

/// [`sum`] over pairs.
#[inline(always)]
fn sum_of_two(x: &[f32], y: &[f32], f: impl Fn(f32, f32) -> f32) -> f64 {
    let mut total = 0.0;
    for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
        let mut parts = [0f32; 16];
        let (x_whole, x_rest) = x.as_chunks::<16>();
        let (y_whole, y_rest) = y.as_chunks::<16>();
        for (x, y) in x_whole.iter().zip(y_whole) {
            for ((part, &x), &y) in parts.iter_mut().zip(x).zip(y) {
                *part += f(x, y);
            }
        }
        for ((part, &x), &y) in parts.iter_mut().zip(x_rest).zip(y_rest) {
            *part += f(x, y);
        }
        total += parts.iter().map(|&part| f64::from(part)).sum::<f64>();
    }
    total
}

/// The number of elements that are summed in f32 before f64 is used: 64 for each of the 16 parts.
const BLOCK: usize = 1024;

struct Normalize<'a> {
    mean: &'a [f32],
    scale: &'a [f32],
    shift: &'a [f32],
    x: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Normalize<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Normalize { mean, scale, shift, x, y } = self;
        let count = x.len() / mean.len();
        for (channel, (x, y)) in x.chunks_exact(count).zip(y.chunks_exact_mut(count)).enumerate() {
            let (mean, scale, shift) = (mean[channel], scale[channel], shift[channel]);
            for (x, y) in x.iter().zip(y) {
                *y = (x - mean) * scale + shift;
            }
        }
    }
}

struct ByInput<'a> {
    mean: &'a [f32],
    gradient: &'a Gradient,
    x: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
    add: bool,
}

impl WithSimd for ByInput<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let ByInput { mean, gradient, x, dy, dx, add } = self;
        let count = x.len() / mean.len();
        let channels = x.chunks_exact(count).zip(dy.chunks_exact(count)).zip(dx.chunks_exact_mut(count));
        for (channel, ((x, dy), dx)) in channels.enumerate() {
            let (a, b, c) = (gradient.by_grad[channel], gradient.by_input[channel], gradient.constant[channel]);
            let mean = mean[channel];
            for ((x, dy), dx) in x.iter().zip(dy).zip(dx) {
                let value = a * dy + b * (x - mean) + c;
                *dx = if add { *dx + value } else { value };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    /// Channels and elements of each.
    const CASES: [(usize, usize); 5] = [(1, 2), (3, 3), (5, 1), (4, 1500), (17, 33)];

    fn wide(x: &[f32]) -> Vec<f64> {
        x.iter().map(|&x| f64::from(x)).collect()
    }

    #[test]
    fn moments_agree_with_their_definition_far_from_zero_too() {
        for (channels, count) in CASES {
            for offset in [0.0, 100.0] {
                let x: Vec<f32> = numbers(channels * count, 1).iter().map(|x| x + offset).collect();
                let mut found = vec![Moments::default(); channels];
                moments(&x, &mut found);
                for (found, x) in found.iter().zip(x.chunks(count).map(wide)) {
                    let mean = x.iter().sum::<f64>() / count as f64;
                    let squares = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
                    assert!((found.mean - mean).abs() < 1e-6 * mean.abs().max(1.0), "{} {mean}", found.mean);
                    assert!((found.squares - squares).abs() < 1e-5 * squares.max(1e-3), "{} {squares}", found.squares);
                }
            }
        }
    }

    #[test]
    fn merged_moments_are_those_of_the_whole() {
        let x = numbers(100, 1);
        let of = |x: &[f32]| {
            let mut found = [Moments::default()];
            moments(x, &mut found);
            found[0]
        };
        let (whole, merged) = (of(&x), of(&x[..30]).merge(30, of(&x[30..]), 70));
        assert!((whole.mean - merged.mean).abs() < 1e-6 && (whole.squares - merged.squares).abs() < 1e-4);
    }

    #[test]
    fn normalizes_and_differentiates_as_defined() {
        for (channels, count) in CASES {
            let len = channels * count;
            let [mean, a, b, c] = [1, 2, 3, 4].map(|seed| numbers(channels, seed));
            let [x, dy, old] = [5, 6, 7].map(|seed| numbers(len, seed));
            let of = |at: usize| at / count;
            let mut y = vec![0.0; len];
            normalize(&mean, &a, &b, &x, &mut y);
            close(&y, &(0..len).map(|i| (x[i] - mean[of(i)]) * a[of(i)] + b[of(i)]).collect::<Vec<_>>(), 1e-6);
            let coefficients = Gradient { by_grad: a.clone(), by_input: b.clone(), constant: c.clone() };
            let wanted = |i: usize| a[of(i)] * dy[i] + b[of(i)] * (x[i] - mean[of(i)]) + c[of(i)];
            for add in [false, true] {
                let mut dx = old.clone();
                gradient(&mean, &coefficients, &x, &dy, &mut dx, add);
                let wanted: Vec<f32> = (0..len).map(|i| wanted(i) + if add { old[i] } else { 0.0 }).collect();
                close(&dx, &wanted, 1e-6);
            }
            let mut sums = vec![[0.0; 2]; channels];
            gradient_sums(&mean, &x, &dy, &mut sums);
            for (index, sums) in sums.iter().enumerate() {
                let [x, dy] = [&x, &dy].map(|all| wide(&all[index * count..][..count]));
                let product: f64 = x.iter().zip(&dy).map(|(x, dy)| (x - f64::from(mean[index])) * dy).sum();
                assert!((sums[0] - dy.iter().sum::<f64>()).abs() < 1e-4 && (sums[1] - product).abs() < 1e-3);
            }
        }
    }
}
