#!/usr/bin/env bash
# What building and testing costs in processor time, beside the figures of the last release (benches/build_time.tsv).
#
#   benches/build_time.sh command   `cargo build --release`, which `cargo run --release -- train lenet5` does first, from nothing
#   benches/build_time.sh user      the first build of a crate with one network, in the profile that the README advises, from nothing
#   benches/build_time.sh tests     `cargo test --workspace`, its build and its run, from nothing
#   benches/build_time.sh check     `cargo check` after an edit (compile_time.sh)
#   benches/build_time.sh           all four
#
# Builds go to a temporary folder, or to $BUILD_TIME_TARGET, which should be empty. Processor time hardly depends on the number of cores; on a busy
# machine it rises by a fifth or so, since cores share caches.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
known=$here/benches/build_time.tsv
rows=$(mktemp)
work=$(mktemp -d)
trap 'rm -rf "$work" "$rows"' EXIT
target=$(realpath -m "${BUILD_TIME_TARGET:-$work/target}")

row() { # name, value, unit
  before=$(awk -F'\t' -v name="$1" '$1 == name { print $2 }' "$known")
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "${before:--}" "$3" >> "$rows"
}

# Runs a command; its processor seconds are in `spent`, its exit status is returned.
spend() {
  local TIMEFORMAT='%U %S' status=0
  { time "$@" >&3 2>&4; } 3>&1 4>&2 2> "$work/time" || status=$?
  spent=$(awk '{ printf "%.0f", $1 + $2 }' "$work/time")
  return $status
}

command_build() {
  cd "$here"
  spend env CARGO_TARGET_DIR="$target" cargo build --release --quiet
  row "the command, first build" "$spent" "processor s"
  row "its binary" "$(stat -c %s "$target/release/layercake" | awk '{ printf "%.1f", $1 / 1e6 }')" "MB"
}

user_build() {
  mkdir -p "$work/user/src"
  cd "$work/user"
  # The dependency and the profile as the README has them.
  {
    printf '[package]\nname = "user"\nversion = "0.0.0"\nedition = "2024"\n\n'
    awk '/^```toml$/ { on = 1; next } /^```$/ { on = 0 } on' "$here/README.md" | sed "s#\.\./layercake/#$here/#; /layercake-train/d"
  } > Cargo.toml
  cp "$here/Cargo.lock" .
  cat > src/main.rs <<'RUST'
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;

network! {
    pub LeNet5: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel_size = 5, padding = 2), Tanh, AvgPool2d(2),
        conv2: Conv2d(16, kernel_size = 5), Tanh, AvgPool2d(2), Flatten,
        fc1: Linear(120), Tanh, fc2: Linear(84), Tanh, fc3: Linear(10),
    }
}

fn main() {
    let device = Cpu::seed_from_u64(1);
    let mut net = LeNet5::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig::default());
    let images: Tensor<Rank4<64, 1, 28, 28>, f32, _> = device.sample_normal();
    let mut gradients = net.alloc_grads();
    for _ in 0..10 {
        let scores = net.forward_train(images.clone(), gradients);
        let loss = loss::cross_entropy(scores, &[3; 64]);
        println!("{}", loss.array());
        gradients = loss.backward();
        optimizer.step(&mut net, &mut gradients).expect("every parameter has a gradient");
        net.zero_grads(&mut gradients);
    }
}
RUST
  spend cargo build --quiet
  row "a user's crate with one network, first build" "$spent" "processor s"
  ./target/debug/user > losses
  [ "$(wc -l < losses)" = 10 ]
}

tests() {
  cd "$here"
  spend env CARGO_TARGET_DIR="$target" cargo test --workspace --no-run --quiet
  row "cargo test --workspace: build" "$spent" "processor s"
  # Also if a test fails.
  local status=0
  spend env CARGO_TARGET_DIR="$target" cargo test --workspace || status=$?
  row "cargo test --workspace: run" "$spent" "processor s"
  [ $status = 0 ] || failed=$status
}

check() {
  "$here/benches/compile_time.sh" > "$work/check" || failed=$?
  cat "$work/check"
  while IFS= read -r line; do
    row "cargo check: $(sed -E 's/ (\([^)]*\) )? *[0-9.]+ s wall.*//; s/ *\([0-9]+ lines\)//' <<< "$line")" "$(sed -E 's/.* ([0-9.]+) s wall.*/\1/' <<< "$line")" "s"
  done < <(grep ' s wall' "$work/check")
}

failed=0
[ $# -gt 0 ] || set -- command user tests check
for what; do
  case $what in
    command) command_build ;;
    user) user_build ;;
    tests) tests ;;
    check) check ;;
    *) echo "unknown figure \`$what\`; known: command, user, tests, check" >&2; exit 2 ;;
  esac
done
printf '\n%-48s %10s %10s  %s\n' "" "now" "release" ""
awk -F'\t' '{ printf "%-48s %10s %10s  %s\n", $1, $2, $3, $4 }' "$rows"
exit $failed
