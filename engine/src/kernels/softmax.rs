//! Softmax and its logarithm along an axis of `[outer, len, inner]`.

use pulp::{Simd, WithSimd};

use super::{elementwise::map, math, simd::arch, simd::vectorized};

/// The number of elements of a row whose maxima and sums are computed together.
const LANES: usize = 16;

/// The number of elements whose sum is worked out before it is added to the others: one by one, the sum of tens of thousands loses the last four digits.
const BLOCK: usize = 256;

/// The axes for softmax, which sums over `len`, once for each `outer` and `inner`.
#[derive(Clone, Copy, Debug)]
pub struct Axes {
    /// All axes before the summed one.
    pub outer: usize,
    /// The summed axis.
    pub len: usize,
    /// All axes after it.
    pub inner: usize,
}

impl Axes {
    /// The size of the scratch buffer of [`forward`] and [`backward`].
    pub fn scratch(&self) -> usize {
        (self.len + 3) * self.inner
    }
}

/// Replaces `x` by its softmax, or by the logarithm of its softmax. `scratch` holds [`Axes::scratch`] elements.
pub fn forward(axes: Axes, log: bool, x: &mut [f32], scratch: &mut [f32]) {
    let Axes { outer, len, inner } = axes;
    assert_eq!(x.len(), outer * len * inner, "the axes are those of the slice");
    let (most, scratch) = scratch[..axes.scratch()].split_at_mut(inner);
    let (sum, scratch) = scratch.split_at_mut(inner);
    let (part, exponentials) = scratch.split_at_mut(inner);
    for x in x.chunks_exact_mut(len * inner) {
        most.fill(f32::NEG_INFINITY);
        for line in x.chunks_exact(inner) {
            for (most, &x) in most.iter_mut().zip(line) {
                // NaN becomes the maximum and stays: nothing is less than it.
                *most = if x > *most || x.is_nan() { x } else { *most };
            }
        }
        for line in x.chunks_exact_mut(inner) {
            for (x, most) in line.iter_mut().zip(&*most) {
                *x -= most;
            }
        }
        if log {
            let exponentials = &mut exponentials[..len * inner];
            exponentials.copy_from_slice(x);
            exp_all(exponentials);
            add_lines(exponentials, sum, part);
            sum.iter_mut().for_each(|sum| *sum = sum.ln());
            for line in x.chunks_exact_mut(inner) {
                for (x, sum) in line.iter_mut().zip(&*sum) {
                    *x -= sum;
                }
            }
        } else {
            exp_all(x);
            add_lines(x, sum, part);
            for line in x.chunks_exact_mut(inner) {
                for (x, sum) in line.iter_mut().zip(&*sum) {
                    *x /= sum;
                }
            }
        }
    }
}

/// Turns the gradient of the result `y` into the gradient of the input, in place.
///
/// With `y = softmax(x)`: `dx = y (dy - sum(dy y))`. With its logarithm: `dx = dy - exp(y) sum(dy)`.
/// `scratch` holds [`Axes::scratch`] elements.
pub fn backward(axes: Axes, log: bool, y: &[f32], grad: &mut [f32], scratch: &mut [f32]) {
    let Axes { len, inner, .. } = axes;
    let (sum, scratch) = scratch[..axes.scratch()].split_at_mut(inner);
    let (part, scratch) = scratch.split_at_mut(inner);
    let exponentials = &mut scratch[..len * inner];
    for (y, grad) in y.chunks_exact(len * inner).zip(grad.chunks_exact_mut(len * inner)) {
        if log {
            add_lines(grad, sum, part);
            exponentials.copy_from_slice(y);
            exp_all(exponentials);
            for (e, grad) in exponentials.chunks_exact(inner).zip(grad.chunks_exact_mut(inner)) {
                for ((grad, e), sum) in grad.iter_mut().zip(e).zip(&*sum) {
                    *grad -= e * sum;
                }
            }
        } else {
            sum.fill(0.0);
            for (y, grad) in y.chunks(BLOCK * inner).zip(grad.chunks(BLOCK * inner)) {
                part.fill(0.0);
                for (y, grad) in y.chunks_exact(inner).zip(grad.chunks_exact(inner)) {
                    for ((part, y), grad) in part.iter_mut().zip(y).zip(grad) {
                        *part += grad * y;
                    }
                }
                add(sum, part);
            }
            for (y, grad) in y.chunks_exact(inner).zip(grad.chunks_exact_mut(inner)) {
                for ((grad, y), sum) in grad.iter_mut().zip(y).zip(&*sum) {
                    *grad = y * (*grad - sum);
                }
            }
        }
    }
}

/// Replaces a row by its softmax.
pub fn row(x: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            // NaN becomes the maximum and stays: nothing is less than it.
            let most = reduced(x, f32::NEG_INFINITY, |most, x| if x > most || x.is_nan() { x } else { most });
            x.iter_mut().for_each(|x| *x -= most);
        },
    );
    exp_all(x);
    vectorized(
        #[inline(always)]
        || {
            let sum = reduced(x, 0.0, |sum, x| sum + x);
            x.iter_mut().for_each(|x| *x /= sum);
        },
    );
}

/// Turns the gradient of a row's softmax `y`, times `scale`, into the gradient of its input, in place.
pub fn row_grad(scale: f32, y: &[f32], grad: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            let mut sums = [0.0; LANES];
            for (y, grad) in y.chunks(LANES).zip(grad.chunks(LANES)) {
                for ((sum, y), grad) in sums.iter_mut().zip(y).zip(grad) {
                    *sum += grad * y;
                }
            }
            let sum: f32 = sums.iter().sum();
            grad.iter_mut().zip(y).for_each(|(grad, y)| *grad = y * (*grad - sum) * scale);
        },
    );
}

/// Folds a row, several elements at a time.
#[inline(always)]
fn reduced(x: &[f32], begin: f32, fold: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [begin; LANES];
    let (whole, rest) = x.as_chunks::<LANES>();
    for x in whole {
        lanes.iter_mut().zip(x).for_each(|(lane, &x)| *lane = fold(*lane, x));
    }
    lanes.iter_mut().zip(rest).for_each(|(lane, &x)| *lane = fold(*lane, x));
    lanes.into_iter().fold(begin, fold)
}

/// Sets `sum` to the sum of the rows of `x` of the same length, and uses `part`, which is as long.
fn add_lines(x: &[f32], sum: &mut [f32], part: &mut [f32]) {
    sum.fill(0.0);
    for lines in x.chunks(BLOCK * sum.len()) {
        part.fill(0.0);
        lines.chunks_exact(part.len()).for_each(|line| add(part, line));
        add(sum, part);
    }
}

fn add(sum: &mut [f32], line: &[f32]) {
    sum.iter_mut().zip(line).for_each(|(sum, x)| *sum += x);
}

/// Replaces each element by its exponential.
pub fn exp_all(x: &mut [f32]) {
    arch().dispatch(Exp(x));
}

struct Exp<'a>(&'a mut [f32]);

impl WithSimd for Exp<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        map(
            simd,
            self.0,
            #[inline(always)]
            |x| math::exp(simd, x),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    #[test]
    fn agrees_with_the_definition() {
        for axes in [Axes { outer: 1, len: 10, inner: 1 }, Axes { outer: 3, len: 3, inner: 3 }, Axes { outer: 2, len: 5, inner: 19 }] {
            let Axes { outer, len, inner } = axes;
            let x: Vec<f32> = numbers(outer * len * inner, 1).iter().map(|x| x * 3.0).collect();
            let dy = numbers(x.len(), 2);
            for log in [false, true] {
                let mut scratch = vec![0.0; axes.scratch()];
                let mut y = x.clone();
                forward(axes, log, &mut y, &mut scratch);
                let mut dx = dy.clone();
                backward(axes, log, &y, &mut dx, &mut scratch);
                let (mut slow_y, mut slow_dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
                for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
                    let at = |l: usize| (o * len + l) * inner + i;
                    let sum: f64 = (0..len).map(|l| f64::from(x[at(l)]).exp()).sum();
                    let p = |l: usize| f64::from(x[at(l)]).exp() / sum;
                    let weighted: f64 = (0..len).map(|l| f64::from(dy[at(l)]) * if log { 1.0 } else { p(l) }).sum();
                    for l in 0..len {
                        let dy = f64::from(dy[at(l)]);
                        slow_y[at(l)] = if log { p(l).ln() } else { p(l) } as f32;
                        slow_dx[at(l)] = if log { dy - p(l) * weighted } else { p(l) * (dy - weighted) } as f32;
                    }
                }
                close(&y, &slow_y, 1e-6);
                close(&dx, &slow_dx, 2e-6);
            }
        }
    }

    #[test]
    fn a_row_is_one_of_the_axes() {
        for len in [1, 15, 16, 17, 100] {
            let axes = Axes { outer: 1, len, inner: 1 };
            let mut scratch = vec![0.0; axes.scratch()];
            let (mut y, mut expected, dy) = (numbers(len, 1), numbers(len, 1), numbers(len, 2));
            row(&mut y);
            forward(axes, false, &mut expected, &mut scratch);
            close(&y, &expected, 1e-6);
            let (mut dx, mut expected) = (dy.clone(), dy);
            row_grad(0.5, &y, &mut dx);
            backward(axes, false, &y, &mut expected, &mut scratch);
            expected.iter_mut().for_each(|x| *x *= 0.5);
            close(&dx, &expected, 1e-6);
            y[len / 2] = f32::NAN;
            row(&mut y);
            assert!(y.iter().all(|y| y.is_nan()));
        }
    }

    /// The classes of a recognizer of Chinese: the largest probability would be wrong in the fourth digit.
    #[test]
    fn a_long_axis_keeps_its_digits() {
        let axes = Axes { outer: 1, len: 20_000, inner: 3 };
        let x: Vec<f32> = numbers(axes.len * axes.inner, 1).iter().map(|x| x.abs()).collect();
        for log in [false, true] {
            let mut scratch = vec![0.0; axes.scratch()];
            let mut y = x.clone();
            forward(axes, log, &mut y, &mut scratch);
            let mut dx: Vec<f32> = x.iter().map(|x| x + 1.0).collect();
            backward(axes, log, &y, &mut dx, &mut scratch);
            for i in 0..axes.inner {
                let column: Vec<f64> = x.iter().skip(i).step_by(axes.inner).map(|&x| f64::from(x)).collect();
                let sum: f64 = column.iter().map(|x| x.exp()).sum();
                let weighted: f64 = column.iter().map(|x| (x + 1.0) * if log { 1.0 } else { x.exp() / sum }).sum();
                for (l, x) in column.iter().enumerate() {
                    let p = x.exp() / sum;
                    let (y, dx) = (f64::from(y[l * axes.inner + i]), f64::from(dx[l * axes.inner + i]));
                    assert!((y - if log { p.ln() } else { p }).abs() < 1e-6 * if log { 10.0 } else { p });
                    let expected = if log { x + 1.0 - p * weighted } else { p * (x + 1.0 - weighted) };
                    assert!((dx - expected).abs() < 4e-6 * if log { 3.0 } else { p }, "{dx} instead of {expected}");
                }
            }
        }
    }

    #[test]
    fn large_differences_do_not_overflow() {
        let axes = Axes { outer: 1, len: 3, inner: 1 };
        let mut y = [1000.0, 0.0, -1000.0];
        forward(axes, true, &mut y, &mut [0.0; 6]);
        assert_eq!(y, [0.0, -1000.0, -2000.0]);
        let mut y = [1000.0, 0.0, -1000.0];
        forward(axes, false, &mut y, &mut [0.0; 6]);
        assert_eq!(y, [1.0, 0.0, 0.0]);
    }
}
