//! The CUDA device, in builds with and without the feature `cuda`.

use crate::zoo::ModelError;

/// The device type behind `--device cuda`. Without the feature it is never created; the alias lets both builds share the same code.
#[cfg(feature = "cuda")]
pub(crate) type Gpu = layercake::dfdx::tensor::Cuda;
/// The device type behind `--device cuda`. Without the feature it is never created; the alias lets both builds share the same code.
#[cfg(not(feature = "cuda"))]
pub(crate) type Gpu = layercake::dfdx::tensor::Cpu;

/// Opens the first CUDA device.
#[cfg(feature = "cuda")]
pub(crate) fn open_gpu(seed: u64) -> Result<Gpu, ModelError> {
    layercake::cuda::open(0, seed).map_err(ModelError::Device)
}

/// Reports that this build has no CUDA.
#[cfg(not(feature = "cuda"))]
pub(crate) fn open_gpu(_seed: u64) -> Result<Gpu, ModelError> {
    Err(ModelError::NoCuda)
}
