//! Distances between images.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A distance between two images, by their pixel differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distance {
    /// The sum of absolute differences (Manhattan distance).
    L1,
    /// The Euclidean distance. Comparisons use its square.
    L2,
}

impl Distance {
    /// All distances.
    pub const ALL: [Distance; 2] = [Distance::L1, Distance::L2];

    /// The name in output and metrics: `l1` or `l2`.
    pub const fn name(self) -> &'static str {
        match self {
            Distance::L1 => "l1",
            Distance::L2 => "l2",
        }
    }

    /// The distance between two images of equal size; for L2 its square. Integer sums are exact and independent of the order.
    pub(super) fn between(self, a: &[u8], b: &[u8]) -> u64 {
        // The sum over a chunk fits into 32 bits, which vectorizes.
        const CHUNK: usize = 1 << 15;
        let chunks = a.chunks(CHUNK).zip(b.chunks(CHUNK));
        match self {
            Distance::L1 => chunks.map(|(a, b)| u64::from(absolute(a, b))).sum(),
            Distance::L2 => chunks.map(|(a, b)| u64::from(squared(a, b))).sum(),
        }
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn absolute(a: &[u8], b: &[u8]) -> u32 {
    // The sum over a block fits into 16 bits: twice as many lanes as with 32.
    const BLOCK: usize = 256;
    let block = |(a, b): (&[u8], &[u8])| u32::from(a.iter().zip(b).map(|(&a, &b)| u16::from(a.abs_diff(b))).sum::<u16>());
    a.chunks(BLOCK).zip(b.chunks(BLOCK)).map(block).sum()
}

fn squared(a: &[u8], b: &[u8]) -> u32 {
    let square = |(&a, &b): (&u8, &u8)| {
        let difference = i16::from(a) - i16::from(b);
        i32::from(difference) * i32::from(difference)
    };
    a.iter().zip(b).map(square).sum::<i32>() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_by_hand() {
        let (a, b) = ([0, 255, 10, 7], [255, 0, 13, 7]);
        assert_eq!(Distance::L1.between(&a, &b), 255 + 255 + 3);
        assert_eq!(Distance::L2.between(&a, &b), 2 * 255 * 255 + 9);
        // More than one chunk, with the largest differences.
        let (black, white) = (vec![0; 100_000], vec![255; 100_000]);
        assert_eq!(Distance::L1.between(&black, &white), 255 * 100_000);
        assert_eq!(Distance::L2.between(&black, &white), 255 * 255 * 100_000);
    }
}
