//! Devices that can be reseeded.

use layercake::prelude::*;

/// A device that can be reseeded. The trainer reseeds it for each step, so that a step's random numbers do not depend on earlier steps and a
/// resumed run has the same bits.
pub trait Seeded: Backend<f32> {
    /// The same device with a new random number generator.
    #[must_use]
    fn reseeded(&self, seed: u64) -> Self;

    /// Calls `work` with a device whose random numbers follow from the seed.
    fn seeded<R>(&self, seed: u64, work: impl FnOnce(&Self) -> R) -> R {
        work(&self.reseeded(seed))
    }
}

impl Seeded for Cpu {
    fn reseeded(&self, seed: u64) -> Self {
        Cpu::seed_from_u64(seed)
    }
}

/// dfdx cannot reseed a CUDA device, so [`Seeded::seeded`] seeds the layers: their dropout masks and noise are those of the CPU. What a task draws itself
/// with dfdx's `sample_normal` and the like comes from the device's own generator and differs in a resumed run.
#[cfg(feature = "cuda")]
impl Seeded for layercake::dfdx::tensor::Cuda {
    fn reseeded(&self, _: u64) -> Self {
        self.clone()
    }

    fn seeded<R>(&self, seed: u64, work: impl FnOnce(&Self) -> R) -> R {
        layercake::random::with_seed(seed, || work(self))
    }
}
