//! Reproducible numbers, the same on every machine.

use crate::Numbers;

/// The splitmix64 generator.
pub struct Random(u64);

impl Random {
    /// An independent stream for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// A number in `0..1` that float32 holds exactly.
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(((x ^ (x >> 31)) >> 40) as u32) / f64::from(1u32 << 24)
    }

    /// An integer from `low` to `high`, inclusive.
    pub fn whole(&mut self, low: usize, high: usize) -> usize {
        low + (self.unit() * (high - low + 1) as f64) as usize
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Uniform numbers in `low..high`, rounded to float32.
    pub fn numbers(&mut self, dims: &[usize], low: f64, high: f64) -> Numbers {
        let values = (0..dims.iter().product()).map(|_| f64::from((low + (high - low) * self.unit()) as f32)).collect();
        Numbers { dims: dims.to_vec(), values }
    }
}
