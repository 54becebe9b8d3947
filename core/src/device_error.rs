//! What a failing device says, in a sentence.

use std::any::Any;
use std::fmt::Display;

use dfdx::tensor::CpuError;

use crate::graph_model::GraphError;
use crate::ids::ForwardError;
use crate::run::place::{self, Place};

/// Why a device cannot be used, or what failed on it. [`DeviceError::of`] makes one of the errors of dfdx's devices, whose own text is that of Rust's
/// `Debug`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// There is no driver.
    #[error("no NVIDIA driver is installed ({reason}); install one, or use the CPU")]
    NoDriver {
        /// What the system says.
        reason: String,
    },
    /// The driver has no GPU of this number.
    #[error("the NVIDIA driver finds no such GPU; `nvidia-smi` lists those that it has")]
    NoGpu,
    /// The driver is older than the CUDA toolkit that the program was built with.
    #[error(
        "the NVIDIA driver is too old: it supports CUDA {supported}, and this program was built with a newer toolkit; update the driver, or build with an older toolkit"
    )]
    OldDriver {
        /// The CUDA version of the driver.
        supported: String,
    },
    /// A library of the CUDA toolkit is absent.
    #[error("{library} is missing ({reason}); install the CUDA toolkit, and name the folder of its libraries in LD_LIBRARY_PATH")]
    NoLibrary {
        /// The library.
        library: &'static str,
        /// What the system says.
        reason: String,
    },
    /// NVRTC compiles some kernels when the program runs, and finds no headers.
    #[error("NVRTC does not find CUDA's headers ({reason}); they must be where they were when the program was built")]
    NoHeaders {
        /// What NVRTC says.
        reason: String,
    },
    /// `LAYERCAKE_CUDA_ENGINE` asks for something that the engine does not do.
    #[error("LAYERCAKE_CUDA_ENGINE asks for `{asked}`{}; the engine computes in single precision, and the variable may be `off`, for dfdx's operations in its place", refused(*.known))]
    Option {
        /// What it asks for.
        asked: String,
        /// Whether it is something that is refused until it has been tested on a GPU: TF32, bf16, CUDA graphs.
        known: bool,
    },
    /// The memory is used up.
    #[error("the device is out of memory{}; a smaller batch needs less", wanting(.at))]
    OutOfMemory {
        /// The layer that asked for more, if known.
        at: Option<Place>,
    },
    /// A kernel failed, or a library of the device. All later operations on the device fail too.
    #[error("a kernel failed{}: {reason}", within(.at))]
    Kernel {
        /// The layer, if known. Kernels run behind the program: one that failed in the layers before it may have been noticed here.
        at: Option<Place>,
        /// What the driver says.
        reason: String,
    },
    /// Another error.
    #[error("{0}")]
    Other(String),
}

fn refused(known: bool) -> &'static str {
    if known { ", which is refused until it has been tested on a GPU" } else { ", which it does not know" }
}

fn wanting(at: &Option<Place>) -> String {
    at.as_ref().map_or(String::new(), |at| format!(" in {at}, which needs {} for its largest tensor", bytes(at.bytes)))
}

fn within(at: &Option<Place>) -> String {
    at.as_ref().map_or(String::new(), |at| format!(" in {at} or before it"))
}

/// `1.5 GB`
fn bytes(count: u128) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let (mut amount, mut unit) = (count as f64, 0);
    while amount >= 1000.0 && unit + 1 < units.len() {
        (amount, unit) = (amount / 1000.0, unit + 1);
    }
    if unit == 0 { format!("{count} bytes") } else { format!("{amount:.1} {}", units[unit]) }
}

impl DeviceError {
    /// What an error of a device means, or the message of a panic in which dfdx reports one. dfdx's errors name no layer; the one in which the last
    /// pass of this thread failed is added, once. An error of a network's forward pass has the answer already.
    pub fn of<Err: Display + 'static>(error: &Err) -> Self {
        if let Some(known) = known(error) {
            return known.clone();
        }
        let text = error.to_string();
        let has = |names: &[&str]| names.iter().any(|name| text.contains(name));
        if has(&["CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED", "CpuError::OutOfMemory"]) {
            return Self::OutOfMemory { at: place::take() };
        }
        if has(&["CUDA_ERROR_NO_DEVICE", "CUDA_ERROR_INVALID_DEVICE"]) {
            return Self::NoGpu;
        }
        match code(&text) {
            #[cfg(feature = "cuda")]
            Some(reason) if reason.contains("CUDA_ERROR_INVALID_SOURCE") => {
                let reason = format!("{reason} {}", crate::cuda::launch::take_log());
                Self::Kernel { at: place::take(), reason: reason.trim_end().to_owned() }
            }
            Some(reason) => Self::Kernel { at: place::take(), reason },
            None => Self::Other(text),
        }
    }
}

impl DeviceError {
    /// Keeps the layer for the next [`DeviceError::of`]: dfdx's error goes on alone.
    pub(crate) fn give_back(self) {
        if let Self::OutOfMemory { at: Some(at) } | Self::Kernel { at: Some(at), .. } = self {
            place::note(at);
        }
    }
}

/// The device's error within an error of Layercake's.
fn known(error: &dyn Any) -> Option<&DeviceError> {
    fn inside<Err: Display + 'static>(error: &dyn Any) -> Option<&DeviceError> {
        if let Some(ForwardError::Device { reason, .. }) = error.downcast_ref::<ForwardError<Err>>() {
            return Some(reason);
        }
        match error.downcast_ref::<GraphError<Err>>() {
            Some(GraphError::Device { reason, .. }) => Some(reason),
            _ => None,
        }
    }
    let known = error.downcast_ref().or_else(|| inside::<CpuError>(error));
    #[cfg(feature = "cuda")]
    let known = known.or_else(|| inside::<<dfdx::tensor::Cuda as dfdx::tensor::HasErr>::Err>(error));
    known
}

/// The driver's own words in a text such as `Driver(DriverError(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"))`, if there are any.
fn code(text: &str) -> Option<String> {
    let begin = ["CUDA_ERROR_", "CUBLAS_STATUS_", "NVRTC_ERROR_"].iter().find_map(|prefix| text.find(prefix))?;
    let name: String = text[begin..].chars().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_').collect();
    let words = text[begin..].split('"').nth(1).filter(|words| !words.is_empty());
    Some(words.map_or(name.clone(), |words| format!("{words} ({name})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_sentence() {
        let text = |error: &'static str| DeviceError::of(&error).to_string();
        assert_eq!(
            text("Driver(DriverError(CUDA_ERROR_LAUNCH_FAILED, \"unspecified launch failure\"))"),
            "a kernel failed: unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)"
        );
        assert_eq!(text("Blas(CublasError(CUBLAS_STATUS_EXECUTION_FAILED))"), "a kernel failed: CUBLAS_STATUS_EXECUTION_FAILED");
        assert_eq!(
            text("called `Result::unwrap()` on an `Err` value: DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")"),
            "the device is out of memory; a smaller batch needs less"
        );
        assert_eq!(text("OutOfMemory"), "OutOfMemory");
    }

    #[test]
    fn amounts() {
        assert_eq!([bytes(12), bytes(1500), bytes(2_340_000_000)], ["12 bytes", "1.5 kB", "2.3 GB"]);
    }

    #[test]
    fn the_layer_is_named_once() {
        let at = Place { backward: false, graph: "Net".into(), layer: "conv1".into(), kind: "Conv2d", batch: 64, bytes: 1_500_000 };
        place::note(at.clone());
        let error = "Driver(DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\"))";
        assert_eq!(
            DeviceError::of(&error).to_string(),
            "the device is out of memory in `conv1` (Conv2d) of `Net` with a batch of 64, which needs 1.5 MB for its largest tensor; \
             a smaller batch needs less"
        );
        assert_eq!(DeviceError::of(&error), DeviceError::OutOfMemory { at: None });
        place::note(Place { backward: true, ..at });
        let text = DeviceError::of(&error).to_string();
        assert!(text.starts_with("the device is out of memory in the backward pass of `conv1` (Conv2d) of `Net`"), "{text}");
    }

    /// An error of a forward pass keeps what it said first.
    #[test]
    fn an_error_within_an_error() {
        place::note(Place { backward: false, graph: "Net".into(), layer: "fc".into(), kind: "Linear", batch: 2, bytes: 8 });
        let error = ForwardError::from(CpuError::OutOfMemory);
        let reason = DeviceError::of(&error);
        assert!(matches!(&reason, DeviceError::OutOfMemory { at: Some(at) } if at.layer == "fc"));
        assert_eq!((DeviceError::of(&error), DeviceError::of(&reason)), (reason.clone(), reason.clone()));
        let graph = GraphError::from(CpuError::OutOfMemory);
        assert_eq!(DeviceError::of(&graph), DeviceError::OutOfMemory { at: None });
        assert_eq!(error.to_string(), format!("the device failed: {reason}"));
    }
}
