//! The rule by which dropout decides, from counters alone.
//!
//! Whether an element is kept depends on the run's seed, the node's index and the element's index in the batch-major layout, on
//! nothing else: not on threads, nor on how the engine lays out or splits the batch. So the portable path can make the same mask.

/// Whether dropout with probability `p` keeps element `index` of node `node` in the run with this `seed`.
///
/// `index` counts the batch-major layout `[batch, shape..]`. `p` in 0..1 is the probability of dropping.
#[inline]
pub fn keep(seed: u64, node: usize, index: u64, p: f64) -> bool {
    hash(seed, node, index) >> 11 >= threshold(p)
}

/// A number evenly spread over `0..1`, by the same rule: number `index` of node `node` in the run with this `seed`.
#[inline]
pub fn unit(seed: u64, node: usize, index: u64) -> f64 {
    (hash(seed, node, index) >> 11) as f64 / (1u64 << 53) as f64
}

/// `keep` compares the upper 53 bits of the hash with this.
#[inline]
pub(crate) fn threshold(p: f64) -> u64 {
    (p * (1u64 << 53) as f64) as u64
}

/// The part of the hash that is the same for all elements of a node.
#[inline(always)]
pub(crate) fn stream(seed: u64, node: usize) -> u64 {
    mix(seed.wrapping_add(mix((node as u64).wrapping_add(1))))
}

/// A well-mixed number for a counter.
#[inline]
pub(crate) fn hash(seed: u64, node: usize, index: u64) -> u64 {
    element(stream(seed, node), index)
}

/// The number of one element of a stream.
#[inline(always)]
pub(crate) fn element(stream: u64, index: u64) -> u64 {
    // The step is the golden ratio in 64 bits: consecutive counters land far apart.
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
