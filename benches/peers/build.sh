#!/usr/bin/env bash
# Builds the peers written in Rust outside the workspace, each with its own lock file.
#
#   [PEERS_TARGET=<folder>] [MKLROOT=<prefix>] [TORCH_PY=<python>] benches/peers/build.sh [WHAT ...]
#
# WHAT: candle      candle, gemm with its AVX-512 kernels
#       candle-mkl  candle with its mkl feature; MKLROOT: a prefix with static MKL and include/mkl.h,
#                   as installed by `pip install mkl-static mkl-include` in a new venv
#       burn        burn with the flex and the ndarray backend
#       burn-cpu    burn with the CubeCL CPU backend (fetches an LLVM bundle from GitHub)
#       burn-tch    burn with the libtorch of TORCH_PY's torch (see burn/tch-shim)
# Default: candle burn, the ones that the runner starts.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${PEERS_TARGET:-$here/target}
export RUSTFLAGS=${RUSTFLAGS:--C target-cpu=native}
[ $# -gt 0 ] || set -- candle burn
cargo_in() { # folder, target folder, cargo arguments
  (cd "$here/$1" && CARGO_TARGET_DIR="$target/$2" cargo "${@:3}")
}
for what in "$@"; do
  case $what in
    candle) cargo_in candle candle build --release --locked ;;
    candle-mkl) cargo_in candle candle-mkl build --release --locked --features mkl ;;
    burn) cargo_in burn burn build --release --locked ;;
    burn-cpu) cargo_in burn burn-cpu build --release --locked --no-default-features --features cpu ;;
    burn-tch)
      VIRTUAL_ENV=$("${TORCH_PY:?TORCH_PY is not set}" -c 'import sys; print(sys.prefix)')
      export VIRTUAL_ENV PATH="$VIRTUAL_ENV/bin:$PATH"
      export LIBTORCH_USE_PYTORCH=1 LIBTORCH_BYPASS_VERSION_CHECK=1 CXX="$here/burn/tch-shim/cxx"
      mkdir -p "$target/burn-tch"
      g++ -O1 -fPIC -c "$here/burn/tch-shim/stub.cpp" -o "$target/burn-tch/stub.o"
      cargo_in burn burn-tch rustc --release --locked --no-default-features --features tch -- \
        -C link-arg="$target/burn-tch/stub.o"
      ;;
    *) echo "unknown: $what" >&2; exit 2 ;;
  esac
done
