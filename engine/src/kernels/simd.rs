//! The instruction set that all kernels run on.

use std::sync::OnceLock;

use pulp::{Arch, Simd};

/// The widest instruction set of this machine, found out once.
///
/// The variable `LAYERCAKE_SIMD` (`scalar`, `v3` for AVX2, `v4` for AVX-512) lowers it, so that one machine can test them all.
pub fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(|| lowered(std::env::var("LAYERCAKE_SIMD").unwrap_or_default().as_str()))
}

#[cfg(target_arch = "x86_64")]
fn lowered(level: &str) -> Arch {
    match level {
        "scalar" => Arch::Scalar,
        "v3" => pulp::x86::V3::try_new().map_or(Arch::Scalar, Arch::V3),
        _ => Arch::new(),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn lowered(level: &str) -> Arch {
    if level == "scalar" { Arch::Scalar } else { Arch::new() }
}

/// A vector from the beginning of a slice; zeros where that ends before.
#[inline(always)]
pub fn load<S: Simd>(simd: S, from: &[f32]) -> S::f32s {
    match S::as_simd_f32s(from).0.first() {
        Some(&whole) => whole,
        None => simd.partial_load_f32s(from),
    }
}

/// Writes a vector to the beginning of a slice, as much of it as fits.
#[inline(always)]
pub fn store<S: Simd>(simd: S, value: S::f32s, to: &mut [f32]) {
    if to.len() >= S::F32_LANES {
        S::as_mut_simd_f32s(to).0[0] = value;
    } else {
        simd.partial_store_f32s(to, value);
    }
}
