//! Devices that can be reseeded.

use layercake::prelude::*;

/// A device that can be reseeded. The trainer reseeds it for each step, so that a step's random numbers do not depend on earlier steps and a
/// resumed run has the same bits.
pub trait Seeded: Backend<f32> {
    /// The same device with a new random number generator.
    #[must_use]
    fn reseeded(&self, seed: u64) -> Self;
}

impl Seeded for Cpu {
    fn reseeded(&self, seed: u64) -> Self {
        Cpu::seed_from_u64(seed)
    }
}

/// dfdx cannot reseed a CUDA device: a resumed run with dropout differs from an uninterrupted one.
#[cfg(feature = "cuda")]
impl Seeded for layercake::dfdx::tensor::Cuda {
    fn reseeded(&self, _: u64) -> Self {
        self.clone()
    }
}
