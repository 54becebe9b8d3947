#!/usr/bin/env bash
# Assembles a CUDA 13.0 toolkit that can build and link dfdx 0.13 with the feature `cuda` on an x86-64 Linux machine without a GPU.
# Use: make-toolkit.sh DIR ; then  export CUDA_PATH=DIR/cuda PATH=DIR/cuda/bin:$PATH CUDA_COMPUTE_CAP=90
# Needs: python3 with pip, gcc, cargo (cudarc 0.9.15 fetched once). About 100 MiB of wheels from the Python package index; nothing is installed.
set -euo pipefail
dir=$(mkdir -p "${1:?usage: make-toolkit.sh DIR}" && cd "$1" && pwd)
cd "$dir"
mkdir -p wheels
python3 -m pip download -q --no-deps -d wheels nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88 \
    nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85
for wheel in wheels/*.whl; do python3 -m zipfile -e "$wheel" unpacked; done
ln -sfn unpacked/nvidia/cu13 cuda
chmod +x cuda/bin/* cuda/nvvm/bin/*                       # zip loses the run bits
mkdir -p cuda/lib64
bindings=$(ls -d ~/.cargo/registry/src/*/cudarc-0.9.15/src | head -1)
stub() {  # file-stem soname version-node function-prefix bindings-folder: an empty library that only has the names the linker looks for
  grep -oE "pub fn $4[A-Za-z0-9_]+" "$bindings/$5/sys.rs" | awk '{print "int "$3"(void){return 999;}"}' | sort -u > stub.c
  version=()
  if [ "$3" != - ]; then echo "$3 { global: *; };" > stub.map; version=(-Wl,--version-script=stub.map); fi
  gcc -w -shared -fPIC -Wl,-soname,"$2" "${version[@]}" -o "cuda/lib64/lib$1.so" stub.c
}
stub cuda     libcuda.so.1      -                 cu       driver
stub cublas   libcublas.so.13   libcublas.so.13   cublas   cublas
stub cublasLt libcublasLt.so.13 libcublasLt.so.13 cublasLt cublaslt
stub nvrtc    libnvrtc.so.13    libnvrtc.so.13    nvrtc    nvrtc
printf '#!/bin/sh\necho compute_cap\necho 9.0\n' > cuda/bin/nvidia-smi     # dfdx's build script calls it before it reads CUDA_COMPUTE_CAP
chmod +x cuda/bin/nvidia-smi
rm -f stub.c stub.map
echo "toolkit in $dir/cuda"
