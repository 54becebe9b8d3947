#!/usr/bin/env bash
# Runs the engine's tests of kernels, layers and plans on aarch64 in an emulator (qemu-user), with NEON and with the plain kernels. Needs qemu-aarch64 and
# `rustup target add aarch64-unknown-linux-musl`; no C compiler, since rustup brings a linker and musl.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUNNER=qemu-aarch64
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="-C link-self-contained=yes"
run() { cargo test --target aarch64-unknown-linux-musl -p layercake-engine --lib -- "$@"; }
# The test that runs the others on narrower instruction sets begins processes of its own, which the emulator does not reach.
run --skip every_kernel_on_every_instruction_set
LAYERCAKE_SIMD=scalar run
