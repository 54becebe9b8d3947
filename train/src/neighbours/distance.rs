//! How far two images are apart.

use serde::{Deserialize, Serialize};

/// How the differences of the pixels become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// The sum of the differences without their signs, "Manhattan".
    L1,
    /// The root of the sum of their squares, Euclid's; compared without the root.
    L2,
}

impl Metric {
    /// Both.
    pub const ALL: [Metric; 2] = [Metric::L1, Metric::L2];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Metric::L1 => "l1",
            Metric::L2 => "l2",
        }
    }

    /// The distance between two images of as many pixels, of L2 its square. Whole numbers: exact, and in any order of the sum the same.
    pub(super) fn between(self, a: &[u8], b: &[u8]) -> u64 {
        // Sums of so many stay within 32 bits, which the processor adds several of at a time.
        const CHUNK: usize = 1 << 15;
        let chunks = a.chunks(CHUNK).zip(b.chunks(CHUNK));
        match self {
            Metric::L1 => chunks.map(|(a, b)| u64::from(absolute(a, b))).sum(),
            Metric::L2 => chunks.map(|(a, b)| u64::from(squared(a, b))).sum(),
        }
    }
}

fn absolute(a: &[u8], b: &[u8]) -> u32 {
    // So many differences of bytes fit into 16 bits, of which a vector holds twice as many as of 32.
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
        assert_eq!(Metric::L1.between(&a, &b), 255 + 255 + 3);
        assert_eq!(Metric::L2.between(&a, &b), 2 * 255 * 255 + 9);
        // Longer than one chunk, and as large as can be.
        let (black, white) = (vec![0; 100_000], vec![255; 100_000]);
        assert_eq!(Metric::L1.between(&black, &white), 255 * 100_000);
        assert_eq!(Metric::L2.between(&black, &white), 255 * 255 * 100_000);
    }
}
