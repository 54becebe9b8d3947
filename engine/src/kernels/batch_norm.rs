//! Batch normalisation of `[outer, channels, inner]`.
//!
//! The lanes add up their own share of a batch; [`Moments::merge`] puts the shares together in a fixed order. Sums are kept in f64:
//! the variance is a difference of large numbers when the mean is far from zero.

use pulp::{Simd, WithSimd};

use super::simd::arch;

/// The axes as batch normalisation sees them.
#[derive(Clone, Copy, Debug)]
pub struct Axes {
    /// All axes before the channels: the images, or 1 in the channel-major layout.
    pub outer: usize,
    /// The normalised axis.
    pub channels: usize,
    /// All axes after it.
    pub inner: usize,
}

/// Mean and sum of squared deviations of one channel over `count` elements.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The sum of the squared differences from it.
    pub squares: f64,
}

impl Moments {
    /// The moments of two sets together (Chan, Golub and LeVeque, 1983).
    pub fn merge(self, count: usize, other: Moments, other_count: usize) -> Moments {
        let (count, other_count) = (count as f64, other_count as f64);
        let share = other_count / (count + other_count);
        let apart = other.mean - self.mean;
        Moments { mean: self.mean + apart * share, squares: self.squares + other.squares + apart * apart * count * share }
    }
}

/// The moments of each channel.
pub fn moments(axes: Axes, x: &[f32], moments: &mut [Moments]) {
    let count = (axes.outer * axes.inner) as f64;
    let moments = &mut moments[..axes.channels];
    moments.fill(Moments::default());
    arch().dispatch(Channels(axes, [x], |channel: usize, [x]: [&[f32]; 1]| moments[channel].mean += sum(x, |x| x)));
    moments.iter_mut().for_each(|moments| moments.mean /= count);
    arch().dispatch(Channels(axes, [x], |channel: usize, [x]: [&[f32]; 1]| {
        let mean = moments[channel].mean as f32;
        moments[channel].squares += sum(x, |x| (x - mean) * (x - mean));
    }));
    // The deviations above are from the mean rounded to f32.
    for moments in moments {
        let rounding = moments.mean - f64::from(moments.mean as f32);
        moments.squares = (moments.squares - count * rounding * rounding).max(0.0);
    }
}

/// `y = (x - mean) scale + shift` for each channel.
pub fn normalise(axes: Axes, mean: &[f32], scale: &[f32], shift: &[f32], x: &[f32], y: &mut [f32]) {
    arch().dispatch(Normalise { axes, mean, scale, shift, x, y });
}

/// What the gradient by the input needs of each channel: the sum of the gradients, and of their products with `x - mean`.
pub fn gradient_sums(axes: Axes, mean: &[f32], x: &[f32], dy: &[f32], sums: &mut [[f64; 2]]) {
    let sums = &mut sums[..axes.channels];
    sums.fill([0.0; 2]);
    arch().dispatch(Channels(axes, [x, dy], |channel: usize, [x, dy]: [&[f32]; 2]| {
        let mean = mean[channel];
        sums[channel][0] += sum(dy, |dy| dy);
        sums[channel][1] += sum_of_two(x, dy, |x, dy| (x - mean) * dy);
    }));
}

/// The coefficients of the gradient by the input, for each channel: `dx = dy by_grad + (x - mean) by_input + constant`.
#[derive(Clone, Debug, Default)]
pub struct Gradient {
    /// Times the gradient by the output.
    pub by_grad: Vec<f32>,
    /// Times the input's distance from the mean.
    pub by_input: Vec<f32>,
    /// By itself.
    pub constant: Vec<f32>,
}

/// The gradient by the input, added to `dx` or in its place.
pub fn gradient(axes: Axes, mean: &[f32], gradient: &Gradient, x: &[f32], dy: &[f32], dx: &mut [f32], add: bool) {
    arch().dispatch(ByInput { axes, mean, gradient, x, dy, dx, add });
}

/// Visits the stretches of each channel; where they are single elements, the kernels below go over whole rows instead.
struct Channels<'a, const N: usize, F>(Axes, [&'a [f32]; N], F);

impl<const N: usize, F: FnMut(usize, [&[f32]; N])> WithSimd for Channels<'_, N, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Channels(Axes { outer, channels, inner }, slices, mut visit) = self;
        for o in 0..outer {
            for channel in 0..channels {
                visit(channel, slices.map(|slice| &slice[(o * channels + channel) * inner..][..inner]));
            }
        }
    }
}

/// Sums `f` in 16 interleaved parts, which the compiler keeps in vectors, and these in f64 every so often.
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

/// As [`sum`], over pairs.
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

/// So many elements are added in f32 before f64 takes over: 64 for each of the 16 parts.
const BLOCK: usize = 1024;

struct Normalise<'a> {
    axes: Axes,
    mean: &'a [f32],
    scale: &'a [f32],
    shift: &'a [f32],
    x: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Normalise { axes: Axes { channels, inner, .. }, mean, scale, shift, x, y } = self;
        for (x, y) in x.chunks_exact(channels * inner).zip(y.chunks_exact_mut(channels * inner)) {
            if inner == 1 {
                let coefficients = mean.iter().zip(scale).zip(shift);
                for ((x, y), ((mean, scale), shift)) in x.iter().zip(y).zip(coefficients) {
                    *y = (x - mean) * scale + shift;
                }
                continue;
            }
            for (channel, (x, y)) in x.chunks_exact(inner).zip(y.chunks_exact_mut(inner)).enumerate() {
                let (mean, scale, shift) = (mean[channel], scale[channel], shift[channel]);
                for (x, y) in x.iter().zip(y) {
                    *y = (x - mean) * scale + shift;
                }
            }
        }
    }
}

struct ByInput<'a> {
    axes: Axes,
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
        let ByInput { axes: Axes { channels, inner, .. }, mean, gradient, x, dy, dx, add } = self;
        let stretches = x.chunks_exact(inner).zip(dy.chunks_exact(inner)).zip(dx.chunks_exact_mut(inner));
        for (at, ((x, dy), dx)) in stretches.enumerate() {
            let channel = at % channels;
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

    const CASES: [Axes; 5] = [
        Axes { outer: 1, channels: 1, inner: 2 },
        Axes { outer: 3, channels: 3, inner: 3 },
        Axes { outer: 7, channels: 5, inner: 1 },
        Axes { outer: 1, channels: 4, inner: 1500 },
        Axes { outer: 2, channels: 17, inner: 33 },
    ];

    fn channel(axes: Axes, x: &[f32], channel: usize) -> Vec<f64> {
        (0..axes.outer).flat_map(|o| x[(o * axes.channels + channel) * axes.inner..][..axes.inner].iter().map(|&x| f64::from(x))).collect()
    }

    #[test]
    fn moments_agree_with_their_definition_far_from_zero_too() {
        for axes in CASES {
            for offset in [0.0, 100.0] {
                let x: Vec<f32> = numbers(axes.outer * axes.channels * axes.inner, 1).iter().map(|x| x + offset).collect();
                let mut found = vec![Moments::default(); axes.channels];
                moments(axes, &x, &mut found);
                for (index, found) in found.iter().enumerate() {
                    let x = channel(axes, &x, index);
                    let mean = x.iter().sum::<f64>() / x.len() as f64;
                    let squares = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
                    assert!((found.mean - mean).abs() < 1e-6 * mean.abs().max(1.0), "{axes:?}");
                    assert!((found.squares - squares).abs() < 1e-5 * squares.max(1e-3), "{axes:?} {} {squares}", found.squares);
                }
            }
        }
    }

    #[test]
    fn merged_moments_are_those_of_the_whole() {
        let x = numbers(100, 1);
        let of = |x: &[f32]| {
            let mut found = [Moments::default()];
            moments(Axes { outer: 1, channels: 1, inner: x.len() }, x, &mut found);
            found[0]
        };
        let (whole, merged) = (of(&x), of(&x[..30]).merge(30, of(&x[30..]), 70));
        assert!((whole.mean - merged.mean).abs() < 1e-6 && (whole.squares - merged.squares).abs() < 1e-4);
    }

    #[test]
    fn normalises_and_differentiates_as_defined() {
        for axes in CASES {
            let len = axes.outer * axes.channels * axes.inner;
            let [mean, a, b, c] = [1, 2, 3, 4].map(|seed| numbers(axes.channels, seed));
            let [x, dy, old] = [5, 6, 7].map(|seed| numbers(len, seed));
            let of = |at: usize| at / axes.inner % axes.channels;
            let mut y = vec![0.0; len];
            normalise(axes, &mean, &a, &b, &x, &mut y);
            close(&y, &(0..len).map(|i| (x[i] - mean[of(i)]) * a[of(i)] + b[of(i)]).collect::<Vec<_>>(), 1e-6);
            let coefficients = Gradient { by_grad: a.clone(), by_input: b.clone(), constant: c.clone() };
            let wanted = |i: usize| a[of(i)] * dy[i] + b[of(i)] * (x[i] - mean[of(i)]) + c[of(i)];
            for add in [false, true] {
                let mut dx = old.clone();
                gradient(axes, &mean, &coefficients, &x, &dy, &mut dx, add);
                let wanted: Vec<f32> = (0..len).map(|i| wanted(i) + if add { old[i] } else { 0.0 }).collect();
                close(&dx, &wanted, 1e-6);
            }
            let mut sums = vec![[0.0; 2]; axes.channels];
            gradient_sums(axes, &mean, &x, &dy, &mut sums);
            for (index, sums) in sums.iter().enumerate() {
                let (x, dy) = (channel(axes, &x, index), channel(axes, &dy, index));
                let product: f64 = x.iter().zip(&dy).map(|(x, dy)| (x - f64::from(mean[index])) * dy).sum();
                assert!((sums[0] - dy.iter().sum::<f64>()).abs() < 1e-4 && (sums[1] - product).abs() < 1e-3, "{axes:?}");
            }
        }
    }
}
