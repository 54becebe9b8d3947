//! Random damage.

/// A generator of numbers: SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }

    /// Changes one to four places: a byte, or a part that is cut out, repeated or copied over another. With `same_length` no byte moves.
    pub(crate) fn mutate(&mut self, bytes: &mut Vec<u8>, same_length: bool) {
        for _ in 0..=self.below(4) {
            if bytes.is_empty() {
                bytes.push(0);
            }
            let (at, len) = (self.below(bytes.len()), 1 + self.below(24));
            let end = (at + len).min(bytes.len());
            match self.below(if same_length { 5 } else { 8 }) {
                0 => bytes[at] = self.next() as u8,
                1 => bytes[at] ^= 1 << self.below(8),
                2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                3 | 4 => {
                    let to = self.below(bytes.len() - (end - at) + 1);
                    bytes.copy_within(at..end, to);
                }
                5 => drop(bytes.drain(at..end)),
                6 => {
                    let part = bytes[at..end].to_vec();
                    let to = self.below(bytes.len());
                    drop(bytes.splice(to..to, part));
                }
                _ => bytes.truncate(at),
            }
        }
    }
}
