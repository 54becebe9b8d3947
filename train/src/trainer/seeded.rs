//! Devices whose random numbers can begin anew.

use layercake::prelude::*;

/// A device whose random numbers can be made to begin at a seed. The trainer gives each step a seed of its own, so what a step draws does
/// not depend on those before it, and a run can go on with the same bits.
pub trait Seeded: Backend<f32> {
    /// The same device with random numbers that begin at this seed.
    fn reseeded(&self, seed: u64) -> Self;
}

impl Seeded for Cpu {
    fn reseeded(&self, seed: u64) -> Self {
        Cpu::seed_from_u64(seed)
    }
}

/// dfdx gives no way to seed an open card: its numbers run on, and a resumed run with dropout differs there from an uninterrupted one.
#[cfg(feature = "cuda")]
impl Seeded for layercake::dfdx::tensor::Cuda {
    fn reseeded(&self, _: u64) -> Self {
        self.clone()
    }
}
