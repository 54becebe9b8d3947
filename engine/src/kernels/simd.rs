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

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What this machine would lower itself to, if it were told to.
    #[test]
    fn levels_are_what_they_say() {
        assert!(matches!(lowered("scalar"), Arch::Scalar));
        #[cfg(target_arch = "x86_64")]
        if pulp::x86::V3::try_new().is_some() {
            assert!(matches!(lowered("v3"), Arch::V3(_)));
        }
        assert_eq!(format!("{:?}", lowered("")), format!("{:?}", Arch::new()));
    }

    /// All tests of kernels and layers in this program once more, on each narrower instruction set: the same program runs on a processor that has
    /// no other.
    #[test]
    fn every_kernel_on_every_instruction_set() {
        if std::env::var_os("LAYERCAKE_SIMD").is_some() {
            return;
        }
        let own = std::env::current_exe().unwrap();
        for level in ["scalar", "v3"] {
            let done = Command::new(&own).args(["kernels::", "layers::", "--skip", "kernels::simd"]).env("LAYERCAKE_SIMD", level).output();
            let done = done.unwrap();
            let said = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success(), "{level}:\n{said}{}", String::from_utf8_lossy(&done.stderr));
            // Not one test would be a success too.
            let passed = said.lines().filter(|line| line.starts_with("test ") && line.ends_with("... ok")).count();
            println!("{level}: {passed} tests");
            assert!(passed > 30, "{level}:\n{said}");
        }
    }
}
