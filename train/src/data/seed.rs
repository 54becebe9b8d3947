//! Random number generators as functions of counters.

use rand::{SeedableRng, rngs::StdRng};

/// A generator for a purpose (at most 16 bytes), a seed and two counters. Different arguments give independent generators, also independent of
/// `StdRng::seed_from_u64`. So random numbers do not depend on the number of threads, and a run can be resumed anywhere.
pub(crate) fn stream(purpose: &str, seed: u64, counters: [u64; 2]) -> StdRng {
    let mut first = [0; 32];
    // A longer purpose is a mistake of this crate: its end would be overwritten by the seed.
    first[..16][..purpose.len()].copy_from_slice(purpose.as_bytes());
    first[16..24].copy_from_slice(&seed.to_le_bytes());
    first[24..].copy_from_slice(&counters[0].to_le_bytes());
    // The key has no room for the second counter: it modifies a key drawn from the first generator.
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
