#!/usr/bin/env bash
# The time of `cargo check` after an edit to a file with a network: the median of five runs.
#
#   benches/check_time.sh [LAYERCAKE_FOLDER]
#
# Creates a temporary crate outside this repository, so that the time is what a user waits for.
set -euo pipefail
here=$(cd "${1:-$(dirname "$0")/..}" && pwd)
crate=$(mktemp -d)
trap 'rm -rf "$crate"' EXIT
mkdir "$crate/src"
cat > "$crate/Cargo.toml" <<TOML
[package]
name = "check-time"
version = "0.0.0"
edition = "2024"
[dependencies]
layercake = { path = "$here/core" }
TOML
cp "$here/Cargo.lock" "$crate/Cargo.lock"

lenet='
network! {
    pub LeNet5: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2),
        conv2: Conv2d(16, kernel = 5), Tanh, AvgPool2d(2),
        Flatten,
        fc1: Linear(400 -> 120), Tanh,
        fc2: Linear(84), Tanh,
        fc3: Linear(10),
    }
}'
conv() { for width in "$@"; do
  if [ "$width" = M ]; then echo "MaxPool2d(2),"; else echo "Conv2d($width, kernel = 3, padding = 1), BatchNorm2d, ReLU,"; fi
done; }
vgg16="
network! {
    pub Vgg16: [3, 224, 224] -> [1000] {
        $(conv 64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M)
        Flatten, Linear(4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000),
    }
}"

median() { # name, the networks
  printf 'pub use layercake::prelude::*;\n%s\n' "$2" > "$crate/src/lib.rs"
  (cd "$crate" && cargo check --quiet --offline)
  for _ in 1 2 3 4 5; do
    sleep 0.1
    touch "$crate/src/lib.rs"
    start=$(date +%s%N)
    (cd "$crate" && cargo check --quiet --offline)
    echo $((($(date +%s%N) - start) / 1000000))
  done | sort -n | sed -n 3p | xargs printf '%-22s %6d ms\n' "$1"
}
median "no network" ""
median "LeNet-5" "$lenet"
median "VGG-16 (43 layers)" "$vgg16"
