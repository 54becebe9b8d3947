#!/usr/bin/env bash
# Runs the engine's tests of kernels on aarch64 in an emulator (qemu-user): the plain path, without AVX. Needs qemu-aarch64 and
# `rustup target add aarch64-unknown-linux-musl`; no C compiler, since rustup brings a linker and musl.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUNNER=qemu-aarch64
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="-C link-self-contained=yes"
exec cargo test --target aarch64-unknown-linux-musl -p layercake-engine --lib "$@"
