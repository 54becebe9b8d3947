//! Rejects nightly compilers: dfdx 0.13 enables its `nightly` feature under one, and that feature no longer compiles. This package has no
//! dependencies, so its message appears before dfdx's hundreds of errors.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Miri exists only on nightly, and runs only packages without dfdx.
    if env::var_os("CARGO_CFG_MIRI").is_some() {
        return;
    }
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("-vV").output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    // If the compiler does not print its version, compilation continues and fails with its own error.
    if version.is_ok_and(|version| version.contains("nightly")) {
        println!(
            "cargo::error=Layercake needs a stable compiler: its tensor library, dfdx 0.13, does not compile on nightly. \
             Run `cargo +stable ..`, or put a rust-toolchain.toml with `channel = \"stable\"` beside your Cargo.toml."
        );
    }
}
