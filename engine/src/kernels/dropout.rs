//! Dropout: the mask is worked out anew wherever it is needed, from counters ([`crate::rng`]).

use pulp::{Simd, WithSimd};

use super::simd::arch;
use crate::rng;

/// What a dropout does, apart from where.
#[derive(Clone, Copy, Debug)]
pub struct Mask {
    /// The run's seed.
    pub seed: u64,
    /// The node's index in the graph.
    pub node: usize,
    /// The probability of dropping an element.
    pub p: f64,
}

/// Zeroes the dropped elements and scales the others by `1 / (1 - p)`: forward on values, backward on gradients.
///
/// `x` is a stretch of the batch-major layout that begins at element `first`.
pub fn apply(mask: Mask, first: u64, x: &mut [f32]) {
    arch().dispatch(Apply(mask, first, x));
}

struct Apply<'a>(Mask, u64, &'a mut [f32]);

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Apply(mask, first, x) = self;
        let scale = (1.0 / (1.0 - mask.p)) as f32;
        let threshold = rng::threshold(mask.p);
        let stream = rng::stream(mask.seed, mask.node);
        // Plain code: the compiler makes vectors of it for each instruction set.
        for (index, x) in (first..).zip(x) {
            let kept = if rng::element(stream, index) >> 11 >= threshold { scale } else { 0.0 };
            *x = if kept == 0.0 { 0.0 } else { *x * kept };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    #[test]
    fn follows_the_rule_from_any_beginning() {
        let mask = Mask { seed: 11, node: 2, p: 0.3 };
        for (first, len) in [(0, 1), (5, 17), (1 << 33, 100)] {
            let x = numbers(len, 1);
            let mut y = x.clone();
            apply(mask, first, &mut y);
            for (i, (x, y)) in x.iter().zip(&y).enumerate() {
                let wanted = if rng::keep(11, 2, first + i as u64, 0.3) { x * (1.0f64 / 0.7) as f32 } else { 0.0 };
                assert_eq!(*y, wanted);
            }
        }
    }
}
