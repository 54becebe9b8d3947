//! Sums.

use pulp::{Simd, WithSimd};

use super::simd::arch;

/// Sets `to` to the sums of equal segments of `x`, or adds them; each sum is in the order of the vectors of its segment.
///
/// # Panics
/// Panics if the segments do not divide `x`.
pub fn stretches(x: &[f32], to: &mut [f32], add: bool) {
    assert!(x.len().is_multiple_of(to.len()), "segments of equal length");
    arch().dispatch(Stretches { x, to, add });
}

struct Stretches<'a> {
    x: &'a [f32],
    to: &'a mut [f32],
    add: bool,
}

impl WithSimd for Stretches<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Stretches { x, to, add } = self;
        for (x, to) in x.chunks_exact(x.len() / to.len()).zip(to) {
            let sum = sum(simd, x);
            *to = if add { *to + sum } else { sum };
        }
    }
}

#[inline(always)]
fn sum<S: Simd>(simd: S, x: &[f32]) -> f32 {
    let (whole, rest) = S::as_simd_f32s(x);
    // Four sums, since each addition waits for the one before it.
    let mut sums = [simd.splat_f32s(0.0); 4];
    let (fours, ones) = whole.as_chunks::<4>();
    for x in fours {
        for (sum, &x) in sums.iter_mut().zip(x) {
            *sum = simd.add_f32s(*sum, x);
        }
    }
    for &x in ones {
        sums[0] = simd.add_f32s(sums[0], x);
    }
    if !rest.is_empty() {
        sums[1] = simd.add_f32s(sums[1], simd.partial_load_f32s(rest));
    }
    let [a, b, c, d] = sums;
    simd.reduce_sum_f32s(simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    #[test]
    fn sums() {
        for len in [1, 7, 16, 63, 64, 65, 1000] {
            let x = numbers(3 * len, 1);
            let wanted: Vec<f32> = x.chunks(len).map(|x| x.iter().map(|&x| f64::from(x)).sum::<f64>() as f32).collect();
            let mut to = vec![9.0; 3];
            stretches(&x, &mut to, false);
            close(&to, &wanted, 1e-5);
            stretches(&x, &mut to, true);
            close(&to, &wanted.iter().map(|x| 2.0 * x).collect::<Vec<_>>(), 1e-5);
        }
    }
}
