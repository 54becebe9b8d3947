//! Sums as text.

use std::collections::BTreeSet;

use rand::Rng;

use super::stream;

/// A text and what it is to become.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPair {
    /// The text that is read.
    pub source: String,
    /// The text that is written.
    pub target: String,
}

/// Two lists of sums of two numbers of at most three digits, `27+845` and `872`, of which no two are of the same numbers in the same order. The number of digits is drawn
/// first, so that short numbers are as frequent as long ones until all of them are there.
///
/// # Panics
/// Panics if more than half of all million sums are asked for.
pub fn sums(counts: [usize; 2], seed: u64) -> [Vec<TextPair>; 2] {
    assert!(counts[0] + counts[1] <= 500_000, "there are not enough sums");
    let mut random = stream("sums", seed, [0, 0]);
    let mut seen = BTreeSet::new();
    let mut number = || {
        let digits = random.gen_range(1..=3u32);
        random.gen_range(0..10u32.pow(digits))
    };
    counts.map(|count| {
        let mut pairs = Vec::with_capacity(count);
        while pairs.len() < count {
            let (a, b) = (number(), number());
            if seen.insert((a, b)) {
                pairs.push(TextPair { source: format!("{a}+{b}"), target: (a + b).to_string() });
            }
        }
        pairs
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sum_is_in_both_parts() {
        let [train, test] = sums([3_000, 500], 1);
        assert_eq!((train.len(), test.len()), (3_000, 500));
        let all: BTreeSet<&TextPair> = train.iter().chain(&test).collect();
        assert_eq!(all.len(), 3_500);
        for TextPair { source, target } in &train {
            let (a, b) = source.split_once('+').unwrap();
            assert_eq!(a.parse::<u32>().unwrap() + b.parse::<u32>().unwrap(), target.parse::<u32>().unwrap());
            assert!(source.len() <= 7 && target.len() <= 4);
        }
        assert_eq!(sums([30, 5], 2), sums([30, 5], 2));
    }
}
