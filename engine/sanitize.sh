#!/usr/bin/env bash
# Looks for undefined behavior in the engine's unsafe code: Miri over layercake-ir and the plain kernels, AddressSanitizer over the tests of kernels and
# layers on the machine's own instruction set. What links dfdx is left out: it does not build on nightly.
#
#     bash engine/sanitize.sh            both
#     bash engine/sanitize.sh miri       needs a nightly toolchain: rustup toolchain install nightly --component miri,rust-src
#     bash engine/sanitize.sh address    needs the stable compiler alone
set -euo pipefail
cd "$(dirname "$0")/.."
which=${1:-both}
skipped=0

if [ "$which" != address ]; then
  if cargo +nightly miri --version >/dev/null 2>&1; then
    # Plain code, since Miri knows few vector instructions. The tests are smaller under it.
    miri() { env MIRIFLAGS="-Zmiri-disable-isolation" LAYERCAKE_SIMD=scalar CARGO_TARGET_DIR=target/miri cargo +nightly miri test --quiet "$@"; }
    start=$SECONDS
    miri -p layercake-ir --lib --tests
    miri -p layercake-engine --lib -- \
      kernels::product kernels::winograd kernels::memory kernels::frame layers::winograd layers::phases layers::frame
    printf '== Miri: nothing found, in %d s\n' "$((SECONDS - start))"
  else
    printf '\n== SKIPPED: there is no nightly toolchain with Miri (rustup toolchain install nightly --component miri,rust-src)\n\n' >&2
    skipped=1
  fi
fi

if [ "$which" != miri ]; then
  start=$SECONDS
  # The test that runs the others on narrower instruction sets is left out: it begins processes of its own.
  # A test asks for more memory than there is, and must get none.
  ASAN_OPTIONS=allocator_may_return_null=1 RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR=target/address \
    cargo test --quiet -p layercake-engine --lib --target "$(rustc -vV | sed -n 's/^host: //p')" -- kernels:: layers:: --skip every_kernel
  printf '== AddressSanitizer: nothing found, in %d s\n' "$((SECONDS - start))"
fi
exit "$skipped"
