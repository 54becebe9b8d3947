//! Dropout. The mask is computed from counters wherever it is needed ([`crate::rng`]).

use pulp::{Simd, WithSimd};

use super::simd::arch;
use crate::rng;

/// The options of a dropout.
#[derive(Clone, Copy, Debug)]
pub struct Mask {
    /// The run's seed.
    pub seed: u64,
    /// The node's index in the graph.
    pub node: usize,
    /// The probability of dropping an element.
    pub p: f64,
    /// The number of consecutive elements of a sample that are dropped or kept together.
    pub span: usize,
}

/// Zeroes the dropped elements and scales the others by `1 / (1 - p)`: forward on values, backward on gradients.
///
/// `x` is `[elements, images]`, the images counted from `start` in the batch.
pub fn apply(mask: Mask, start: usize, images: usize, x: &mut [f32]) {
    let decisions = x.len() / images / mask.span;
    apply_part(mask, start, images, [0, decisions], x);
}

/// [`apply`] for a sample with `all` decisions, of which those from `first` on are for `x`.
pub fn apply_part(mask: Mask, start: usize, images: usize, [first, all]: [usize; 2], x: &mut [f32]) {
    arch().dispatch(Apply { mask, start, images, first: first as u64, all: all as u64, x });
}

struct Apply<'a> {
    mask: Mask,
    start: usize,
    images: usize,
    first: u64,
    all: u64,
    x: &'a mut [f32],
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Apply { mask, start, images, first, all, x } = self;
        let scale = (1.0 / (1.0 - mask.p)) as f32;
        let threshold = rng::threshold(mask.p);
        let stream = rng::stream(mask.seed, mask.node);
        let spans = x.chunks_exact_mut(mask.span * images);
        let rows = (first..).zip(spans).flat_map(|(element, span)| span.chunks_exact_mut(images).map(move |row| (element, row)));
        for (element, x) in rows {
            // Plain code, which the compiler vectorizes for each instruction set.
            for (image, x) in (start as u64..).zip(x) {
                let kept = rng::element(stream, image * all + element) >> 11 >= threshold;
                *x = if kept { *x * scale } else { 0.0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    #[test]
    fn follows_the_rule_wherever_a_lane_begins() {
        for (start, images, elements, span) in [(0, 1, 1, 1), (5, 17, 3, 1), (1 << 20, 3, 1 << 13, 1), (5, 17, 12, 4), (3, 2, 15, 5)] {
            let mask = Mask { seed: 11, node: 2, p: 0.3, span };
            let x = numbers(images * elements, 1);
            let mut y = x.clone();
            apply(mask, start, images, &mut y);
            for (i, (x, y)) in x.iter().zip(&y).enumerate() {
                let index = (start + i % images) * (elements / span) + i / images / span;
                let wanted = if rng::keep(11, 2, index as u64, 0.3) { x * (1.0f64 / 0.7) as f32 } else { 0.0 };
                assert_eq!(*y, wanted);
            }
        }
    }
}
