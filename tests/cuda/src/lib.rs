//! What the tests on CUDA share: the device, and what the emulated one counts.

mod counts;

#[cfg(feature = "cuda")]
use layercake::dfdx::tensor::Cuda;

pub use counts::{Counts, bytes_written_by_child, counts_of_child};

/// Whether the device is the emulated one, whose results are the same in every run.
pub fn is_emulated() -> bool {
    std::env::var_os("LAYERCAKE_CUDA_EMULATED").is_some()
}

/// The first device, with a generator of this seed.
///
/// # Panics
/// If it cannot be opened: a test run with the feature `cuda` needs one.
#[cfg(feature = "cuda")]
pub fn device(seed: u64) -> Cuda {
    Cuda::try_build(0, seed).unwrap_or_else(|error| panic!("the first CUDA device cannot be opened: {error}"))
}
