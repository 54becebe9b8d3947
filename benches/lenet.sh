#!/usr/bin/env bash
# LeNet-5 here and in PyTorch eager, on the same machine, with the same number of threads, in turns; prints the medians and their ratio.
#
#   TORCH_PYTHON=/path/to/python benches/lenet.sh [BATCH_SIZE] [THREADS] [ROUNDS]
#
# TORCH_PYTHON is a Python that has PyTorch. BATCH_SIZE is 64 if left out, THREADS the machine's cores, ROUNDS 5.
# Both sides do the work that `benches/peers/torch_lenet.py` describes. Taking turns spreads whatever else the machine does over both.
set -euo pipefail
cd "$(dirname "$0")/.."

batch=${1:-64}
threads=${2:-$(nproc)}
rounds=${3:-5}
python=${TORCH_PYTHON:?set TORCH_PYTHON to a Python that has PyTorch}

cargo build --release --quiet -p layercake-models
layercake=${CARGO_TARGET_DIR:-target}/release/layercake

results=$(mktemp)
trap 'rm -f "$results"' EXIT
for ((round = 1; round <= rounds; round++)); do
    "$layercake" bench lenet5 --batch-size "$batch" --threads "$threads" --json
    "$python" benches/peers/torch_lenet.py --batch-size "$batch" --threads "$threads"
done | tee "$results"

"$python" - "$results" <<'PYTHON'
import json, statistics, sys

lines = [json.loads(line) for line in open(sys.argv[1])]
ours, peers = lines[0::2], lines[1::2]
print(f"\nbatch {ours[0]['batch_size']}, {ours[0]['threads']} threads, medians of {len(ours)} rounds")
for kind in ("train", "infer"):
    here, there = (statistics.median(line[kind]["median_ms"] for line in side) for side in (ours, peers))
    print(f"{kind}  layercake {here:8.3f} ms  {peers[0]['model']} {there:8.3f} ms  ratio {here / there:.3f}")
PYTHON
