#!/usr/bin/env bash
# Builds the emulated toolkit in CUDA_PATH, unless it is there and no source is newer, and forgets what was compiled with an older one.
set -euo pipefail
cd "$(dirname "$0")/../../.."
if [ ! -e "$CUDA_PATH/built" ] || [ -n "$(find tests/cuda/emulator -newer "$CUDA_PATH/built" -print -quit)" ]; then
  tests/cuda/emulator/build.sh "$CUDA_PATH"
  cargo clean --config tests/cuda/profile.toml --quiet -p dfdx -p cudarc
  touch "$CUDA_PATH/built"
fi
