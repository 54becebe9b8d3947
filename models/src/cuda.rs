//! The graphics card, in builds that have one and in those that do not.

use crate::model::ModelError;

/// The device type behind `--device cuda`. Without the feature it is never made; the name stands so that one text serves both builds.
#[cfg(feature = "cuda")]
pub(crate) type Gpu = layercake::dfdx::tensor::Cuda;
/// The device type behind `--device cuda`. Without the feature it is never made; the name stands so that one text serves both builds.
#[cfg(not(feature = "cuda"))]
pub(crate) type Gpu = layercake::dfdx::tensor::Cpu;

/// Opens the first card.
#[cfg(feature = "cuda")]
pub(crate) fn open_gpu(seed: u64) -> Result<Gpu, ModelError> {
    Gpu::try_build(0, seed).map_err(|error| ModelError::Device(error.to_string()))
}

/// Says how to build with CUDA.
#[cfg(not(feature = "cuda"))]
pub(crate) fn open_gpu(_seed: u64) -> Result<Gpu, ModelError> {
    Err(ModelError::NoCuda)
}
