//! Sums.

use super::simd::arch;
use pulp::{Simd, WithSimd};

/// The sum of all elements, in the order of the vectors they lie in.
pub fn sum(x: &[f32]) -> f32 {
    arch().dispatch(Sum(x))
}

struct Sum<'a>(&'a [f32]);

impl WithSimd for Sum<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (whole, rest) = S::as_simd_f32s(self.0);
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
        sums[1] = simd.add_f32s(sums[1], simd.partial_load_f32s(rest));
        let [a, b, c, d] = sums;
        simd.reduce_sum_f32s(simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    #[test]
    fn sums() {
        for len in [0, 1, 7, 16, 63, 64, 65, 1000] {
            let x = numbers(len, 1);
            let wanted: f64 = x.iter().map(|&x| f64::from(x)).sum();
            assert!((f64::from(sum(&x)) - wanted).abs() < 1e-4, "{len}");
        }
    }
}
