//! Random numbers as functions of counters.
//!
//! A random number depends on the run's seed, the node's index and the element's index in the batch-major layout, and on nothing else: not on
//! threads, nor on how the engine lays out or splits the batch. So the portable path draws the same numbers.

/// Whether dropout with probability `p` keeps element `index` of node `node` in the run with this `seed`.
///
/// `index` counts the batch-major layout `[batch, shape..]`. `p` in 0..1 is the probability of dropping.
#[inline]
pub fn keep(seed: u64, node: usize, index: u64, p: f64) -> bool {
    hash(seed, node, index) >> 11 >= threshold(p)
}

/// A uniform number in `0..1`, by the same rule: number `index` of node `node` in the run with this `seed`.
#[inline]
pub fn unit(seed: u64, node: usize, index: u64) -> f64 {
    (hash(seed, node, index) >> 11) as f64 / (1u64 << 53) as f64
}

/// A number evenly distributed over `lower..upper`, by the same rule.
#[inline]
pub fn between(seed: u64, node: usize, index: u64, lower: f64, upper: f64) -> f64 {
    lower + (upper - lower) * unit(seed, node, index)
}

/// A standard normal number, by the same rule: number `index` of node `node` in the run with this `seed`. By the Box-Muller transform (1958) of two
/// uniform numbers, one for the radius and one for the angle.
pub fn normal(seed: u64, node: usize, index: u64) -> f64 {
    let [radius, angle] = [0, 1].map(|which| unit(seed, node, index.wrapping_mul(2).wrapping_add(which)));
    // Above 0, so that the logarithm is finite.
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// `keep` compares the upper 53 bits of the hash with this.
#[inline]
pub(crate) fn threshold(p: f64) -> u64 {
    (p * (1u64 << 53) as f64) as u64
}

/// The part of the hash that all elements of a node have in common.
#[inline(always)]
pub(crate) fn stream(seed: u64, node: usize) -> u64 {
    mix(seed.wrapping_add(mix((node as u64).wrapping_add(1))))
}

/// A hash of a counter.
#[inline]
pub(crate) fn hash(seed: u64, node: usize, index: u64) -> u64 {
    element(stream(seed, node), index)
}

/// The hash of one element of a stream.
#[inline(always)]
pub(crate) fn element(stream: u64, index: u64) -> u64 {
    // The step is the golden ratio in 64 bits, so consecutive counters are far apart.
    mix(stream.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): a bijection in which each input bit flips each output bit half the time.
#[inline(always)]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_the_moments_of_their_distribution() {
        let count = 200_000;
        let moment = |power: i32| (0..count).map(|i| normal(5, 2, i).powi(power)).sum::<f64>() / count as f64;
        // Five standard deviations of each estimate: those of x, x^2, x^3 and x^4 are the square roots of 1, 2, 15 and 96.
        for (power, expected, variance) in [(1, 0.0, 1.0f64), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
            let found = moment(power);
            assert!((found - expected).abs() < 5.0 * (variance / count as f64).sqrt(), "moment {power} is {found}");
        }
        assert!((0..count).all(|i| normal(5, 2, i).is_finite()));
        let both = (0..count).map(|i| normal(5, 2, i) * normal(5, 2, i + 1)).sum::<f64>() / count as f64;
        assert!(both.abs() < 5.0 / (count as f64).sqrt(), "neighbors know of each other: {both}");
    }

    #[test]
    fn keeps_the_right_share_and_streams_differ() {
        for p in [0.0, 0.1, 0.5, 0.9] {
            let kept = (0..100_000).filter(|&i| keep(7, 3, i, p)).count() as f64 / 1e5;
            assert!((kept - (1.0 - p)).abs() < 0.006, "p = {p}: kept {kept}");
        }
        let row = |seed, node| (0..64).map(|i| keep(seed, node, i, 0.5)).collect::<Vec<_>>();
        assert_eq!(row(1, 2), row(1, 2));
        assert_ne!(row(1, 2), row(2, 2));
        assert_ne!(row(1, 2), row(1, 3));
    }
}
