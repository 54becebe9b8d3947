//! Local response normalization over `[channels, row]`: each element is divided by a power of the sum of squares in neighboring channels.

use std::ops::Range;

use super::simd::vectorized;

/// The number of elements of a row that are processed together.
const BLOCK: usize = 256;

/// `y = x (k + share * sum of squares)^-beta`.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    /// The number of channels that are summed; of an even number, one more is before the channel than after it.
    pub size: usize,
    /// The weight of the sum.
    pub share: f32,
    /// The exponent.
    pub beta: f32,
    /// The constant that is added to the sum.
    pub k: f32,
    /// The number of channels.
    pub channels: usize,
}

impl Response {
    /// The channels that channel `c` depends on.
    fn seen(&self, c: usize) -> Range<usize> {
        c.saturating_sub(self.size / 2)..self.channels.min(c.saturating_add((self.size - 1) / 2).saturating_add(1))
    }

    /// The channels that depend on channel `c`.
    fn seeing(&self, c: usize) -> Range<usize> {
        c.saturating_sub((self.size - 1) / 2)..self.channels.min(c.saturating_add(self.size / 2).saturating_add(1))
    }
}

/// The base of the power, for a block of the elements of channel `c`.
#[inline(always)]
fn bases(of: &Response, row: usize, c: usize, at: &Range<usize>, x: &[f32]) -> [f32; BLOCK] {
    let mut sum = [0f32; BLOCK];
    for other in of.seen(c) {
        let x = &x[other * row..][at.clone()];
        sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x * x);
    }
    sum.map(|sum| of.k + of.share * sum)
}

/// `base^-beta`. The usual exponents are products of roots, for which there are vector instructions.
#[inline(always)]
fn power(beta: f32) -> impl Fn(f32) -> f32 {
    // The exponent is the same for all elements, so the compiler moves the choice out of the loop.
    #[inline(always)]
    move |base: f32| {
        if beta == 0.75 {
            let root = base.sqrt();
            1.0 / (root * root.sqrt())
        } else if beta == 0.5 {
            1.0 / base.sqrt()
        } else if beta == 1.0 {
            1.0 / base
        } else {
            base.powf(-beta)
        }
    }
}

/// The blocks of a row.
fn blocks(row: usize) -> impl Iterator<Item = Range<usize>> {
    (0..row).step_by(BLOCK).map(move |first| first..row.min(first + BLOCK))
}

/// Computes `y`.
pub fn forward(of: &Response, row: usize, x: &[f32], y: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            let power = power(of.beta);
            for (c, at) in (0..of.channels).flat_map(|c| blocks(row).map(move |at| (c, at))) {
                let bases = bases(of, row, c, &at, x);
                let (x, y) = (&x[c * row..][at.clone()], &mut y[c * row..][at]);
                y.iter_mut().zip(x).zip(&bases).for_each(|((y, x), base)| *y = x * power(*base));
            }
        },
    );
}

/// The gradient of the input; overwrites or is added: `dy base^-beta - 2 share beta x sum(dy x base^(-beta - 1))`, where the sum is over the channels
/// that depend on this one. `terms` has twice the size of `x`.
pub fn backward(of: &Response, row: usize, [x, dy]: [&[f32]; 2], dx: &mut [f32], add: bool, terms: &mut [f32]) {
    let (direct, terms) = terms.split_at_mut(x.len());
    let weight = 2.0 * of.share * of.beta;
    vectorized(
        #[inline(always)]
        || {
            let power = power(of.beta);
            for (c, at) in (0..of.channels).flat_map(|c| blocks(row).map(move |at| (c, at))) {
                let bases = bases(of, row, c, &at, x);
                let here = c * row + at.start..c * row + at.end;
                let outputs = direct[here.clone()].iter_mut().zip(&mut terms[here.clone()]);
                let inputs = x[here.clone()].iter().zip(&dy[here]).zip(&bases);
                for ((direct, term), ((x, dy), base)) in outputs.zip(inputs) {
                    *direct = dy * power(*base);
                    *term = *direct * x / base;
                }
            }
            for (c, at) in (0..of.channels).flat_map(|c| blocks(row).map(move |at| (c, at))) {
                let mut sum = [0f32; BLOCK];
                for other in of.seeing(c) {
                    sum.iter_mut().zip(&terms[other * row..][at.clone()]).for_each(|(sum, term)| *sum += term);
                }
                let here = c * row + at.start..c * row + at.end;
                let inputs = x[here.clone()].iter().zip(&direct[here.clone()]).zip(&sum);
                for (dx, ((x, direct), sum)) in dx[here].iter_mut().zip(inputs) {
                    let grad = direct - weight * x * sum;
                    *dx = if add { *dx + grad } else { grad };
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rounding of roots differs from that of a power by at most this, from the smallest base on.
    #[test]
    fn roots_are_powers() {
        for beta in [0.75f32, 0.5, 1.0, 0.6] {
            for base in [1e-30f32, 0.3, 1.0, 1.5, 7.25, 1e10, 1e30] {
                let (found, wanted) = (f64::from(power(beta)(base)), f64::from(base).powf(-f64::from(beta)));
                assert!((found / wanted - 1.0).abs() < 3e-7 || !wanted.is_normal(), "{base}^-{beta}: {found} instead of {wanted}");
            }
        }
        assert!(power(0.75)(f32::NAN).is_nan() && power(0.75)(f32::INFINITY) == 0.0);
    }
}
