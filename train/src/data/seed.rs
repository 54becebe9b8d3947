//! Streams of random numbers that depend on counters alone.

use rand::{SeedableRng, rngs::StdRng};

/// A stream of its own for a purpose (16 letters at most), a seed and two counters: no two of them share one, and none is that of
/// `StdRng::seed_from_u64`. So what was drawn elsewhere, and by how many threads, does not matter, and a run can go on anywhere.
pub(crate) fn stream(purpose: &str, seed: u64, counters: [u64; 2]) -> StdRng {
    let mut first = [0; 32];
    first[..purpose.len()].copy_from_slice(purpose.as_bytes());
    first[16..24].copy_from_slice(&seed.to_le_bytes());
    first[24..].copy_from_slice(&counters[0].to_le_bytes());
    // The second counter has no room left in the key: it chooses a key out of the first one's stream.
    let mut second: [u8; 32] = rand::Rng::r#gen(&mut StdRng::from_seed(first));
    second[..8].copy_from_slice(&counters[1].to_le_bytes());
    StdRng::from_seed(second)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn each_counter_matters() {
        let draw = |purpose, seed, counters| stream(purpose, seed, counters).r#gen::<u64>();
        let mut all = vec![draw("a", 1, [2, 3]), draw("b", 1, [2, 3]), draw("a", 2, [1, 3]), draw("a", 1, [3, 2]), draw("a", 1, [2, 4])];
        assert_eq!(all[0], draw("a", 1, [2, 3]));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 5);
    }
}
