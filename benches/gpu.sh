#!/usr/bin/env bash
# Tests, trains and times Layercake on an NVIDIA GPU, beside PyTorch: benches/gpu.sh [--out DIR] [--data DIR] [fixtures] [train] [speed]
#
#   benches/gpu.sh --build    makes the programs, in target/gpu, on a machine with cargo; it needs no GPU. Where nvcc is missing, it is fetched (benches/gpu/make-toolkit.sh).
#   benches/gpu.sh            runs all three parts, whose limits add up to less than 8 minutes. It needs the repository with target/gpu, an NVIDIA driver, and a Python with PyTorch
#                             (TORCH_PY, otherwise python3) for its CUDA libraries and for the comparison. No network, no cargo.
#   benches/gpu.sh --smoke    tries all this without a GPU, on the emulated device of tests/cuda, with tiny sizes.
#
# fixtures: PyTorch's results and those of the CPU's engine. train: LeNet-5 on the digits, and VGG-8 on Fashion-MNIST where DIR/fashion-mnist is, to their accuracy on the CPU.
# speed: a table with the GPU's name. The exit status is 0 if all parts that were asked for have passed. docs/gpu.md explains what is printed.
set -euo pipefail
cd "$(dirname "$0")/.."

usage='usage: benches/gpu.sh [--build | --smoke] [--out DIR] [--data DIR] [fixtures] [train] [speed]'
mode=run out=runs/gpu data=${LAYERCAKE_DATA-} parts=()
while [ $# -gt 0 ]; do
  case $1 in
  --build | --smoke) mode=${1#--} ;;
  --out) out=${2:?$usage} && shift ;;
  --data) data=${2:?$usage} && shift ;;
  fixtures | train | speed) parts+=("$1") ;;
  *) echo "$usage" >&2 && exit 2 ;;
  esac
  shift
done
[ ${#parts[@]} -gt 0 ] || parts=(fixtures train speed)

built=$PWD/target/gpu
fail() {
  printf 'gpu.sh: %s\n' "$1" >&2
  exit 1
}
# The packages with the programs, and their features.
packages=(-p layercake-cuda-tests -p layercake-models -p layercake-benches --features layercake-cuda-tests/cuda,layercake-models/cuda,layercake-benches/cuda)
# The newest file of the tests' program in a folder: cargo puts a hash in its name.
newest() {
  find "$1" -maxdepth 1 -name 'cuda-*' -type f -perm -u+x -printf '%T@ %p\n' | sort -rn | head -n 1 | cut -d' ' -f2-
}

# The path of the toolkit is in the programs: NVRTC looks for headers there when they run. So it is one that can be made on any machine.
toolkit=/tmp/layercake-cuda
build() {
  # A folder of its own: dfdx does not notice that CUDA_PATH changed.
  export CARGO_TARGET_DIR=$PWD/target/gpu-build CARGO_INCREMENTAL=0
  local root=${CUDA_PATH-}
  [ -n "$root" ] || { command -v nvcc >/dev/null && root=$(dirname "$(dirname "$(readlink -f "$(command -v nvcc)")")"); } || true
  if [ ! -x "$root/bin/nvcc" ]; then
    root=$PWD/target/gpu-toolkit/cuda
    cargo fetch --quiet --locked
    [ -x "$root/bin/nvcc" ] || benches/gpu/make-toolkit.sh "$PWD/target/gpu-toolkit"
  fi
  ln -sfn "$root" "$toolkit"
  export CUDA_PATH=$toolkit PATH=$toolkit/bin:$PATH
  # dfdx asks for it where it does not find a GPU.
  nvidia-smi >/dev/null 2>&1 || export CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP-90}
  cargo build --release --config 'profile.release.strip=true' --bins --test cuda "${packages[@]}"
  local unpacked=$CARGO_TARGET_DIR/unpacked
  rm -rf "$built" "$unpacked" && mkdir -p "$built" "$unpacked/bin" "$unpacked/include"
  cp "$CARGO_TARGET_DIR"/release/{layercake,layercake-bench} "$unpacked/bin/"
  cp "$(newest "$CARGO_TARGET_DIR/release/deps")" "$unpacked/bin/cuda-tests"
  # What NVRTC includes: CUDA's headers, and those of dfdx.
  cp -L "$root"/include/*.h "$root"/include/*.hpp "$unpacked/include/"
  cp -rL "$root/include/crt" "$unpacked/include/"
  for nv in "$root/include/nv" "$root/include/cccl/nv"; do
    [ ! -d "$nv" ] || cp -rL "$nv" "$unpacked/include/"
  done
  cp "$(cargo metadata --format-version 1 | grep -o '"manifest_path":"[^"]*/dfdx-[0-9.]*/Cargo.toml"' | cut -d'"' -f4 | xargs dirname)"/src/tensor_ops/utilities/*.cuh "$unpacked/include/"
  tar -C "$unpacked" -czf "$built/programs.tar.gz" bin include
  if [ -n "$data" ] && [ -d "$data/fashion-mnist" ]; then
    mkdir -p "$built/data" && cp -r "$data/fashion-mnist" "$built/data/"
  fi
  local size
  size=$(du -sm "$built" | cut -f1)
  echo "target/gpu has $size MiB: programs, headers$([ ! -d "$built/data" ] || echo ', Fashion-MNIST')."
  [ "$size" -le 64 ] || fail "target/gpu is larger than 64 MiB"
}

# The programs that `build` made, and the libraries of CUDA: those of PyTorch, where the system has none.
prepare() {
  [ -e "$built/programs.tar.gz" ] || fail 'target/gpu has no programs; make them with `benches/gpu.sh --build`, on this machine or another, and copy the folder'
  if ! ldconfig -p | grep -q 'libcuda\.so\.1' && ! [ -e /usr/lib/x86_64-linux-gnu/libcuda.so.1 ]; then
    fail 'this machine has no NVIDIA driver (libcuda.so.1 is not found); `benches/gpu.sh --smoke` tries the command without one'
  fi
  python=${TORCH_PY:-$(command -v python3 || true)}
  if [ -n "$python" ] && "$python" -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
    export TORCH_PY=$python
  else
    unset TORCH_PY
    echo 'There is no PyTorch that finds the GPU (TORCH_PY names a Python): Layercake is timed alone.'
  fi
  if [ -n "$python" ]; then
    local folders
    folders=$("$python" -c 'import glob, sysconfig; print(":".join(sorted({f.rsplit("/", 1)[0] for name in ("libcublas", "libcublasLt", "libnvrtc") for p in ("purelib", "platlib") for f in glob.glob(sysconfig.get_path(p) + f"/nvidia/**/{name}.so.*", recursive=True)})))')
    export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folders
  fi
  mkdir -p "$out/unpacked"
  tar -C "$out/unpacked" -xzf "$built/programs.tar.gz"
  [ -e "$toolkit/include/cuda_fp16.h" ] || ln -sfn "$out/unpacked" "$toolkit"
  programs=$out/unpacked/bin
  data=${data:-$built/data}
}

# The emulated device, and programs for it.
emulate() {
  export CUDA_PATH=$PWD/target/cuda-on-cpu-toolkit CARGO_TARGET_DIR=$PWD/target/cuda-on-cpu CUDA_COMPUTE_CAP=90 CARGO_INCREMENTAL=0
  export PATH=$CUDA_PATH/bin:$PATH LD_LIBRARY_PATH=$CUDA_PATH/lib64 LAYERCAKE_CUDA_EMULATED=1
  tests/cuda/emulator/ready.sh
  cargo build --config tests/cuda/profile.toml --quiet --bins --test cuda "${packages[@]}"
  programs=$PWD/target/cuda-on-cpu/debug
}

# The most seconds of each part, eight minutes in all with what comes before them; `compile` is how long `speed` waits for PyTorch's compiler.
declare -A most=([fixtures]=90 [lenet5]=30 [vgg8]=110 [compile]=30 [speed]=200)
[ $((${most[fixtures]} + ${most[lenet5]} + ${most[vgg8]} + ${most[compile]} + ${most[speed]})) -le 470 ] || fail 'the parts may take more than eight minutes'

# A part: its name, the seconds it may take, and a command.
status=0
part() {
  local name=$1 limit=$2 code=0
  shift 2
  printf '\n== %s (at %d s)\n' "$name" "$SECONDS"
  timeout "$limit" "$@" || code=$?
  case $code in
  0) echo "$name: passed" ;;
  124) echo "$name: FAILED, not over after $limit s" && status=1 ;;
  *) echo "$name: FAILED" && status=1 ;;
  esac
}

# A run of `layercake train`, and the least test accuracy.
reach() {
  local least=$1 folder=$2
  shift 2
  rm -rf "$folder"
  "$programs/layercake" train "$@" --device cuda --seed 1 --out "$folder" || return 1
  local reached
  reached=$(sed -n 's/.*"test_accuracy": *\([0-9.]*\).*/\1/p' "$folder/summary.json")
  echo "test accuracy $reached, expected at least $least"
  awk -v a="$reached" -v b="$least" 'BEGIN { exit !(a >= b) }'
}
export -f reach

fixtures() {
  local limit=${most[fixtures]} tests=$programs/cuda-tests filter=(fixtures:: engine:: losses:: optimizers:: gradients:: models:: ids:: random::)
  export LAYERCAKE_ROOT=$PWD
  if [ $mode = smoke ]; then
    limit=120 tests=$(newest "$programs/deps") filter=(fixtures::all engine::agrees)
    export LAYERCAKE_CUDA_FIXTURES=linear,conv2d,batch_norm2d,lstm
  fi
  part fixtures "$limit" "$tests" "${filter[@]}" --test-threads 4
}

train() {
  export programs
  if [ $mode = smoke ]; then
    part 'train LeNet-5' 120 bash -c 'reach 0.3 "$1" lenet5 --epochs 1 --batch-size 64 --lr 0.006 --train-size 640' - "$out/lenet5"
    return
  fi
  part 'train LeNet-5 on the digits' "${most[lenet5]}" bash -c 'reach 0.97 "$1" lenet5' - "$out/lenet5"
  if [ -d "$data/fashion-mnist" ]; then
    part 'train VGG-8 on Fashion-MNIST' "${most[vgg8]}" bash -c 'reach 0.93 "$1" vgg8 --dataset fashion-mnist --data-dir "$2"' - "$out/vgg8" "$data"
  else
    echo "VGG-8 is not trained: there is no Fashion-MNIST in \`$data\` (--data DIR names the folder of data sets)."
  fi
}

# PyTorch compiles the networks of `speed` while the other parts run; it keeps what it compiled.
ahead=
compile_ahead() {
  export BENCH_DEVICE=cuda BENCH_PREPARE=1
  printf '%s\n' 'mlp 64' 'mlp 1024' 'lenet 64' 'lenet 1024' 'vgg16 32' 'vgg16 256' 'resnet50 16' 'resnet50 64' 'lstm 32' 'lstm 256' 'transformer 32' 'transformer 128' |
    xargs -P 4 -L 1 sh -c 'BENCH_BATCH=$2 timeout 120 "$TORCH_PY" benches/peers/torch/bench.py "$1" compile' - >"$out/compile.log" 2>&1
}

speed() {
  # Before anything is timed.
  if [ -n "$ahead" ]; then
    for _ in $(seq "${most[compile]}"); do
      kill -0 "$ahead" 2>/dev/null || break
      sleep 1
    done
    kill "$ahead" 2>/dev/null || true
  fi
  if [ $mode = smoke ]; then
    part speed 120 "$programs/layercake-bench" gpu --smoke --out "$out"
  else
    part speed "${most[speed]}" "$programs/layercake-bench" gpu --minutes 2.5 --out "$out"
  fi
}

if [ $mode = build ]; then
  build
  exit
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
case $mode in
smoke) emulate ;;
run) prepare ;;
esac
if [ $mode = run ] && [ -n "${TORCH_PY-}" ] && [[ " ${parts[*]} " == *' speed '* ]]; then
  (compile_ahead) &
  ahead=$!
fi
for name in "${parts[@]}"; do
  "$name"
done
printf '\n== %s in %d s; %s has the table and the runs\n' "$([ $status = 0 ] && echo 'all passed' || echo 'something FAILED')" "$SECONDS" "$out"
exit $status
