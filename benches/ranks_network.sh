#!/usr/bin/env bash
# Ranks on a slow network: `layercake-bench ranks` (built with `--features mpi`) on hosts that are network namespaces of this machine, each behind a link of limited bandwidth, and
# with a delay where the kernel has netem: benches/ranks_network.sh PROGRAM RANKS MBIT [DELAY_MS] [ARGUMENT..]. Needs root, `ip` and `tc` (iproute2), and Open MPI.
set -euo pipefail
program=$(realpath "$1") ranks=$2 mbit=$3 delay=${4:-0}
shift "$(($# > 4 ? 4 : $#))"
work=$(mktemp -d)
bridge=lcbridge

clean() {
  for i in $(seq "$ranks"); do ip netns del "lc$i" 2>/dev/null || true; done
  ip link del "$bridge" 2>/dev/null || true
  rm -rf "$work"
}
trap clean EXIT

ip link add "$bridge" type bridge
ip addr add 10.77.0.254/24 dev "$bridge"
ip link set "$bridge" up
hosts=
for i in $(seq "$ranks"); do
  ip netns add "lc$i"
  ip link add "lcport$i" type veth peer name eth0 netns "lc$i"
  ip link set "lcport$i" master "$bridge" up
  ip netns exec "lc$i" ip addr add "10.77.0.$i/24" dev eth0
  ip netns exec "lc$i" ip link set eth0 up
  ip netns exec "lc$i" ip link set lo up
  # What a host sends, and what is sent to it. The rate is first, a delay behind it.
  for end in "ip netns exec lc$i tc qdisc add dev eth0" "tc qdisc add dev lcport$i"; do
    $end root handle 1: tbf rate "${mbit}mbit" burst "$((64 + 4 * mbit))kbit" latency 1s
    if [ "$delay" != 0 ] && ! $end parent 1:1 handle 10: netem delay "${delay}ms" 2>"$work/netem"; then
      echo "SKIPPED: a delay of $delay ms: this kernel has no netem ($(head -n 1 "$work/netem"))" >&2
      delay=0
    fi
  done
  hosts+=,10.77.0.$i:1
done

# In place of ssh: HOST COMMAND.., in the namespace of the host.
cat >"$work/agent" <<'AGENT'
#!/bin/sh
host=$1
shift
# Daemons on one machine must not share a folder.
TMPDIR=$(mktemp -d "${0%/*}/XXXXXX")
export TMPDIR
exec ip netns exec "lc${host##*.}" sh -c "$*"
AGENT
chmod +x "$work/agent"

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
echo "$ranks hosts, $mbit Mbit/s, $delay ms more a link"
"${LAYERCAKE_MPIRUN:-mpirun}" --host "${hosts#,}" -n "$ranks" --bind-to none --mca plm_rsh_agent "$work/agent" --mca btl tcp,self --mca pml ob1 --mca btl_tcp_if_include 10.77.0.0/24 \
  --mca oob_tcp_if_include 10.77.0.0/24 --mca mpi_yield_when_idle 1 "$program" ranks "$@"
