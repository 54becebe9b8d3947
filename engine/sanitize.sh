#!/usr/bin/env bash
# Looks for undefined behaviour in the engine's unsafe code: Miri over layercake-ir and the plain kernels, AddressSanitizer over the tests of kernels and
# layers on the machine's own instruction set. What links dfdx is left out: it does not build on nightly.
#
#     bash engine/sanitize.sh            both
#     bash engine/sanitize.sh miri       needs a nightly toolchain with miri and rust-src
#     bash engine/sanitize.sh address    needs the stable compiler alone
set -euo pipefail
cd "$(dirname "$0")/.."
which=${1:-both}
skipped=0

if [ "$which" != address ]; then
  if cargo +nightly miri --version >/dev/null 2>&1; then
    # The tests are smaller under Miri; plain code, since it knows few vector instructions.
    export MIRIFLAGS="-Zmiri-disable-isolation" LAYERCAKE_SIMD=scalar CARGO_TARGET_DIR=target/miri
    start=$SECONDS
    cargo +nightly miri test --quiet -p layercake-ir --lib --tests
    cargo +nightly miri test --quiet -p layercake-engine --lib -- \
      kernels::product kernels::winograd kernels::memory kernels::frame layers::winograd layers::phases layers::frame
    printf '== Miri: nothing found, in %d s\n' "$((SECONDS - start))"
    unset MIRIFLAGS LAYERCAKE_SIMD CARGO_TARGET_DIR
  else
    printf '\n== SKIPPED: there is no nightly toolchain with Miri (rustup component add miri rust-src --toolchain nightly)\n\n' >&2
    skipped=1
  fi
fi

if [ "$which" != miri ]; then
  start=$SECONDS
  # The test that runs the others on narrower instruction sets is left out: it begins processes of its own.
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR=target/address \
    cargo test --quiet -p layercake-engine --lib --target x86_64-unknown-linux-gnu -- kernels:: layers:: --skip every_kernel
  printf '== AddressSanitizer: nothing found, in %d s\n' "$((SECONDS - start))"
fi
exit "$skipped"
