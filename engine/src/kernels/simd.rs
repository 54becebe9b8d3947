//! The instruction set of all kernels.

use std::sync::OnceLock;

use pulp::{Arch, Simd, WithSimd};

use crate::EngineError;

/// The widest instruction set of this machine, detected once.
///
/// The variable `LAYERCAKE_SIMD` (`scalar`, `v3` for AVX2, `v4` for AVX-512) selects a narrower one, so that one machine can test them all. With any
/// other value a run is refused ([`check`]).
pub fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(|| stated().as_ref().map_or_else(|_| Arch::new(), |arch| *arch))
}

/// The value of `LAYERCAKE_SIMD`.
fn stated() -> &'static Result<Arch, EngineError> {
    static STATED: OnceLock<Result<Arch, EngineError>> = OnceLock::new();
    STATED.get_or_init(|| named(&std::env::var_os("LAYERCAKE_SIMD").unwrap_or_default().to_string_lossy()))
}

/// Checks that the variable `LAYERCAKE_SIMD` names an instruction set of this machine. Every run calls this first.
///
/// # Errors
/// Returns [`EngineError::InstructionSet`] if it does not.
pub fn check() -> Result<(), EngineError> {
    stated().as_ref().map(|_| ()).map_err(Clone::clone)
}

/// The instruction set that networks use: "AVX-512", "AVX2", "NEON" or "plain". Results differ between them by rounding.
pub fn name() -> &'static str {
    match arch() {
        Arch::Scalar => "plain",
        #[cfg(target_arch = "x86_64")]
        Arch::V4(_) => "AVX-512",
        #[cfg(target_arch = "x86_64")]
        Arch::V3(_) => "AVX2",
        #[cfg(target_arch = "aarch64")]
        Arch::Neon(_) => "NEON",
        #[allow(unreachable_patterns, reason = "the instruction sets depend on the machine")]
        _ => "vectors",
    }
}

/// The instruction set with a name; the widest of this machine for none.
fn named(name: &str) -> Result<Arch, EngineError> {
    let lacking = || EngineError::InstructionSet { name: name.to_owned(), why: "which this machine does not have" };
    match name {
        "" => Ok(Arch::new()),
        "scalar" => Ok(Arch::Scalar),
        #[cfg(target_arch = "x86_64")]
        "v3" => pulp::x86::V3::try_new().map(Arch::V3).ok_or_else(lacking),
        #[cfg(target_arch = "x86_64")]
        "v4" => pulp::x86::V4::try_new().map(Arch::V4).ok_or_else(lacking),
        #[cfg(not(target_arch = "x86_64"))]
        "v3" | "v4" => Err(lacking()),
        _ => Err(EngineError::InstructionSet { name: name.to_owned(), why: "which is not an instruction set" }),
    }
}

/// Runs a closure that is compiled for each instruction set.
///
/// Write the closure where it is passed, with `#[inline(always)]`. [`Arch::dispatch`] accepts closures too, but it calls them through a
/// function that the compiler need not inline, so the loops would be compiled for the plain instruction set.
#[inline(always)]
pub fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    arch().dispatch(Once(work))
}

struct Once<F>(F);

impl<R, F: FnOnce() -> R> WithSimd for Once<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> R {
        (self.0)()
    }
}

/// A vector from the beginning of a slice, filled up with zeros.
#[inline(always)]
pub fn load<S: Simd>(simd: S, from: &[f32]) -> S::f32s {
    match S::as_simd_f32s(from).0.first() {
        Some(&whole) => whole,
        None => simd.partial_load_f32s(from),
    }
}

/// Writes a vector to the beginning of a slice, as far as it fits.
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

    #[test]
    fn names_are_what_they_say() {
        assert!(matches!(named("scalar"), Ok(Arch::Scalar)));
        assert_eq!(format!("{:?}", named("").unwrap()), format!("{:?}", Arch::new()));
        for (name, is_there) in [("v3", has("v3")), ("v4", has("v4"))] {
            let message = named(name).err().map(|error| error.to_string());
            assert_eq!(message.is_none(), is_there);
            assert!(message.is_none_or(|message| message.contains("does not have")));
        }
    }

    fn has(name: &str) -> bool {
        #[cfg(target_arch = "x86_64")]
        return if name == "v3" { pulp::x86::V3::try_new().is_some() } else { pulp::x86::V4::try_new().is_some() };
        #[cfg(not(target_arch = "x86_64"))]
        return name.is_empty();
    }

    #[test]
    fn other_names_are_refused_with_those_that_there_are() {
        for name in ["nonsense", "V3", "avx2", " scalar", "v5"] {
            let error = named(name).unwrap_err();
            let message = error.to_string();
            assert!(matches!(error, EngineError::InstructionSet { .. }));
            assert!([name, "`scalar`", "`v3`", "`v4`"].iter().all(|part| message.contains(part)), "{message}");
            assert!(!message.contains('\n'));
        }
    }

    /// Runs all tests of kernels and layers in this program again on each narrower instruction set: the same program as on a processor that has no
    /// other.
    #[test]
    fn every_kernel_on_every_instruction_set() {
        if std::env::var_os("LAYERCAKE_SIMD").is_some() {
            return;
        }
        let own = std::env::current_exe().unwrap();
        for level in ["scalar", "v3"].into_iter().filter(|&level| level == "scalar" || has(level)) {
            let done = Command::new(&own).args(["kernels::", "layers::", "--skip", "kernels::simd"]).env("LAYERCAKE_SIMD", level).output();
            let done = done.unwrap();
            let said = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success(), "{level}:\n{said}{}", String::from_utf8_lossy(&done.stderr));
            // A run without any tests would also succeed.
            let passed = said.lines().filter(|line| line.starts_with("test ") && line.ends_with("... ok")).count();
            println!("{level}: {passed} tests");
            assert!(passed > 30, "{level}:\n{said}");
        }
    }
}
