#!/usr/bin/env bash
# The cost of the CPU engine compared with the portable path: build time and program size.
#
#   benches/engine_cost.sh
#
# Builds a training step of LeNet-5 twice in a temporary crate outside this repository: in f32, which runs on the engine, and in f64, which runs on
# the portable path without the engine. Times are processor times (user and system), with all dependencies already built.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
crate=$(mktemp -d)
trap 'rm -rf "$crate"' EXIT
mkdir "$crate/src"
cat > "$crate/Cargo.toml" <<TOML
[package]
name = "engine-cost"
version = "0.0.0"
edition = "2024"
[dependencies]
layercake = { path = "$here/core" }
[profile.release]
strip = true
TOML
cp "$here/Cargo.lock" "$crate/Cargo.lock"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$crate/target}
cd "$crate"

program() { # the type of numbers
  cat > src/main.rs <<RUST
use layercake::{loss::cross_entropy, optim::{Adam, AdamConfig}, prelude::*};
network! {
    pub LeNet5: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2),
        conv2: Conv2d(16, kernel = 5), Tanh, AvgPool2d(2),
        Flatten, fc1: Linear(120), Tanh, fc2: Linear(84), Tanh, fc3: Linear(10),
    }
}
fn main() {
    let device = Cpu::default();
    let mut net: LeNet5<$1, Cpu> = device.build_module::<LeNet5, $1>();
    let mut optimizer: Adam<$1, Cpu> = Adam::new(&net, AdamConfig::default());
    let x: Tensor<Rank4<2, 1, 28, 28>, $1, Cpu> = device.sample_normal();
    let scores = net.forward_train(x, net.alloc_grads());
    let mut gradients = cross_entropy(scores, &[1, 2]).backward();
    optimizer.step(&mut net, &mut gradients).expect("every parameter has a gradient");
}
RUST
}
TIMEFORMAT='%U %S'
timed() { { time "$@" >&2; } 2>&1 >/dev/null | tail -n 1 | awk '{ printf "%.1f s\n", $1 + $2 }'; }
build() { cargo build --release --quiet --offline "$@"; }

program f32
build
for package in layercake-ir layercake-engine layercake; do
  cargo clean --release --quiet --offline -p "$package" 2>/dev/null
  printf '%-28s' "to build $package"
  timed build -p "$package"
done
for numbers in f32 f64; do
  program "$numbers"
  build
  touch src/main.rs
  printf '%-28s' "the program in $numbers"
  printf '%s, ' "$(timed build)"
  printf '%s bytes stripped\n' "$(stat -c %s "$CARGO_TARGET_DIR/release/engine-cost")"
done
