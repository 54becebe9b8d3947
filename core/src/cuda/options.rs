//! What a user may choose of the engine, in the variable `LAYERCAKE_CUDA_ENGINE`.

use std::sync::OnceLock;

use crate::DeviceError;

const VARIABLE: &str = "LAYERCAKE_CUDA_ENGINE";

/// What other programs offer and this one refuses until it has been seen on a GPU. Each would begin here: the kernels of products, in TF32 or bf16, are of `engine-cuda/src/ops/product.rs`
/// alone, and the launches of a pass, which a graph would hold, of `core/src/run/cuda.rs`.
const NOT_YET: [&str; 3] = ["tf32", "bf16", "graphs"];

fn asked() -> &'static str {
    static ASKED: OnceLock<String> = OnceLock::new();
    ASKED.get_or_init(|| std::env::var(VARIABLE).unwrap_or_default())
}

/// Whether it is `off`: everything runs in dfdx's operations then, for tests and comparisons.
pub(crate) fn is_off() -> bool {
    asked() == "off"
}

/// Whether it asks for something that is here.
///
/// # Errors
/// Returns an error that names what is not.
pub(super) fn check() -> Result<(), DeviceError> {
    match asked() {
        "" | "off" => Ok(()),
        asked => Err(DeviceError::Option { asked: asked.to_owned(), known: NOT_YET.contains(&asked) }),
    }
}
