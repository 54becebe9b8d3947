#!/usr/bin/env bash
# How long `cargo check` takes after an edit to a file of networks: wall time, and the processor time of user and system together.
#
#   benches/compile_time.sh [ROUNDS]
#
# Medians of ROUNDS (3) re-checks of a throw-away crate outside this repository, which holds copies of the files in models/src/networks: the
# time is what a user waits for. Fails above the bars: 5 s of wall time for a file with ResNet-50 in it, 30 s for all networks. On a busy
# machine, use the processor time.
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

# Only the one network of a file, with the templates in it: `only FILE NAME`.
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
    # Alternate between 1000 and 1001 classes, so that the network does change.
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

only resnet.rs ResNet50 > src/resnet.rs
grep -q 'ResNet50:' src/resnet.rs
echo 'pub mod resnet;' > src/lib.rs
timed "ResNet-50 ($(grep -c . src/resnet.rs) lines)" resnet.rs 5

# Without the assertions about the number of parameters, which fail for edited networks.
grep -v '^const _' "$here/models/src/networks/resnet.rs" > src/resnet.rs
timed "ResNet-18 and -50, both sizes" resnet.rs 5

cp -n "$here/models/src/networks/"*.rs src/
mv src/mod.rs src/lib.rs
timed "all networks, one file edited" resnet.rs 30
exit $failed
