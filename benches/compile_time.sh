#!/usr/bin/env bash
# The time of `cargo check` after an edit to a file of networks: wall-clock time, and processor time (user and system).
#
#   benches/compile_time.sh [ROUNDS]
#
# Prints medians of ROUNDS (default 3) checks of a temporary crate outside this repository with copies of the files in models/src/networks,
# so that the time is what a user waits for. Fails above the limits: 5 s of wall-clock time for a file with ResNet-50, 30 s for all
# networks. On a busy machine, use the processor time.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
rounds=${1:-3}
crate=$(mktemp -d)
trap 'rm -rf "$crate"' EXIT
mkdir "$crate/src"
cat > "$crate/Cargo.toml" <<TOML
[package]
name = "compile-time"
version = "0.0.0"
edition = "2024"
[dependencies]
layercake = { path = "$here/core" }
TOML
cp "$here/Cargo.lock" "$crate/Cargo.lock"
cd "$crate"

# `only FILE NAME` keeps one network of a file and the templates in it.
only() {
  awk -v name="$2" '
    /^    (\/\/\/|#\[)/ { held = held $0 "\n"; next }
    /^    pub/ { keep = index($0, " " name ":") > 0 }
    /^    (block|\/\/)/ { keep = 1 }
    /^[^ ]/ { keep = 1 }
    { if (keep) printf "%s%s\n", held, $0; held = "" }
  ' "$here/models/src/networks/$1" | grep -v '^const _'
}

median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

TIMEFORMAT='%R %U %S'
failed=0
timed() { # what, the file to edit, the bar in seconds
  cargo check --quiet --offline
  for ((round = 0; round < rounds; round++)); do
    sleep 0.1
    # Alternate between 1000 and 1001 classes, so that the network changes each time.
    if [ $((round % 2)) = 0 ]; then sed -i 's/1000/1001/' "src/$2"; else sed -i 's/1001/1000/' "src/$2"; fi
    touch "src/$2"
    { time cargo check --quiet --offline; } 2>&1
  done > times
  wall=$(awk '{ print $1 }' times | median)
  cpu=$(awk '{ print $2 + $3 }' times | median)
  printf '%-34s %7.2f s wall %7.2f s processor\n' "$1" "$wall" "$cpu"
  if awk -v wall="$wall" -v bar="$3" 'BEGIN { exit !(wall > bar) }'; then
    echo "    above the bar of $3 s"
    failed=1
  fi
}

echo > src/lib.rs
timed "no network" lib.rs 5

# Its templates stand in a file of their own.
cp "$here/models/src/networks/blocks.rs" src/blocks.rs
only resnet.rs ResNet50 > src/resnet.rs
grep -q 'ResNet50:' src/resnet.rs
printf 'pub mod blocks;\npub mod resnet;\n' > src/lib.rs
timed "ResNet-50 ($(grep -c . src/resnet.rs) lines)" resnet.rs 5

# Without the assertions on the number of parameters, which fail for edited networks.
grep -v '^const _' "$here/models/src/networks/resnet.rs" > src/resnet.rs
timed "ResNet-18 and -50, both sizes" resnet.rs 5

cp -rn "$here/models/src/networks/." src/
rm -rf src/tests
mv src/mod.rs src/lib.rs
timed "all networks, one file edited" resnet.rs 30
exit $failed
