//! Opening a CUDA device, with errors that say what is missing.

mod card;
pub(crate) mod follow;
pub(crate) mod generic;
pub(crate) mod launch;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod loader;
pub(crate) mod many;
pub(crate) mod options;
pub(crate) mod owned;
pub(crate) mod places;

use std::path::Path;

use cudarc::nvrtc::{CompileError, CompileOptions, compile_ptx_with_opts};
use dfdx::shapes::Rank1;
use dfdx::tensor::{Cuda, Tensor, ZerosTensor};

pub use layercake_engine::Mode;
use layercake_engine_cuda::{Key, Plan};
use layercake_ir::Graph;

pub use card::{Card, Cost, card, cost};
pub use layercake_engine_cuda::Unsupported;

use crate::DeviceError;

/// The folders in which dfdx's build script looks for the toolkit; dfdx compiles some kernels when a program runs, with the headers there.
const ROOTS: [Option<&str>; 7] = [
    option_env!("CUDA_PATH"),
    option_env!("CUDA_ROOT"),
    option_env!("CUDA_TOOLKIT_ROOT_DIR"),
    Some("/usr"),
    Some("/usr/local/cuda"),
    Some("/opt/cuda"),
    Some("/usr/lib/cuda"),
];

/// A kernel with a header that dfdx's kernels include.
const PROBE: &str = "#include \"cuda_fp16.h\"\nextern \"C\" __global__ void probe(float *x) { x[0] = 1.0f; }\n";

/// Opens the GPU of this number, counted from 0, with a generator of this seed: `Cuda::try_build` with errors in a sentence.
///
/// It also compiles and runs something, so that a missing header or a driver that is too old shows here and not within a run. On Linux on x86-64 a
/// program with the feature `cuda` starts without the CUDA libraries, which are opened here.
///
/// # Errors
/// Returns an error if there is no driver, no such GPU, no cuBLAS or NVRTC, no headers, if the driver is too old, or if the variable `LAYERCAKE_CUDA_ENGINE` asks for what is not
/// there: it may be `off`, for dfdx's operations in place of the engine.
pub fn open(ordinal: usize, seed: u64) -> Result<Cuda, DeviceError> {
    options::check()?;
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    loader::ready()?;
    // `Cuda::try_build` panics if this fails.
    cudarc::driver::result::init().map_err(|error| DeviceError::of(&error))?;
    headers()?;
    let device = Cuda::try_build(ordinal, seed).map_err(|error| DeviceError::of(&error))?;
    kernels(&device)?;
    Ok(device)
}

/// Why a graph runs in dfdx's operations, one after the other, and not on the engine for the GPU: its first layer that has no kernels of its own. None if
/// the whole graph runs on the engine, in `f32`. A custom layer divides a graph, and each part is chosen for itself.
pub fn lacks(graph: &Graph, mode: Mode) -> Option<Unsupported> {
    let graph = graph.inlined();
    Plan::new(&graph, Key { batch: 2, mode, input_grad: true }).err()
}

/// Compiles a kernel as dfdx does, with the headers of the first folder that has some.
fn headers() -> Result<(), DeviceError> {
    let mut roots = ROOTS.iter().flatten();
    let found = roots.clone().find(|root| Path::new(root).join("include/cuda.h").is_file()).or(roots.next());
    let include_paths = found.map(|root| format!("{root}/include")).into_iter().collect();
    let options = CompileOptions { include_paths, ..Default::default() };
    compile_ptx_with_opts(PROBE, options).map(drop).map_err(|error| {
        let text = match &error {
            CompileError::CompileError { log, .. } => log.to_string_lossy().into_owned(),
            _ => error.to_string(),
        };
        DeviceError::NoHeaders { reason: text.trim().lines().next().unwrap_or_default().to_owned() }
    })
}

/// Runs a kernel that was compiled when dfdx was built.
fn kernels(device: &Cuda) -> Result<(), DeviceError> {
    let x: Tensor<Rank1<1>, f32, Cuda> = device.try_zeros().map_err(|error| DeviceError::of(&error))?;
    x.try_exp().map(drop).map_err(|error| match error.to_string().contains("CUDA_ERROR_UNSUPPORTED_PTX_VERSION") {
        true => DeviceError::OldDriver { supported: version() },
        false => DeviceError::of(&error),
    })
}

/// The CUDA version that the driver supports.
fn version() -> String {
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    return loader::driver_version().map_or("an older version".to_owned(), |version| format!("{}.{}", version / 1000, version % 1000 / 10));
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    "an older version".to_owned()
}
