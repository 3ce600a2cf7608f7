#!/usr/bin/env bash
# make bench-operator: the operator on a real control plane, in turns with a client that creates the same Jobs by itself.
# etcd without fsync, controller-manager and scheduler at 1000 QPS, pods played by kwok. Prints what was asked for beside what was measured.
#   BENCH_RUNS       sizes of the turns, each a number of two-Job runs at once (default "200 1000")
#   BENCH_ROUNDS     turns of the first size (default 3; the others have one)
#   BENCH_ROLLOUT    whether runs of the first size are measured with a rollout, too (default 1; 0: not)
#   BENCH_FINISHED   finished runs that a start must cope with (default 10000; 0: not measured)
#   BENCH_LEADERS    hand-overs of each kind (default 3; 0: not measured)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ $(uname -s) != Linux ]]; then
  echo "SKIPPED: the benchmark of the operator needs Linux (it reads /proc)"
  exit 0
fi
readonly KWOK=v0.8.0
readonly PORT=18443 # and the two after it

tests/cluster/install.sh cluster
tests/cluster/build.sh
mkdir -p build/bench/bin
if [[ $(build/bench/bin/kwok --version 2>/dev/null) != *"$KWOK"* ]]; then
  echo "building kwok $KWOK (three minutes when nothing is cached)"
  GOBIN=$PWD/build/bench/bin GOFLAGS='' CGO_ENABLED=0 go install -trimpath -buildvcs=false \
    -ldflags "-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=$KWOK" "sigs.k8s.io/kwok/cmd/kwok@$KWOK"
fi
cargo build --quiet --release --locked --package logloop-operator --bin logloop-operator
# It starts the control plane and the operators, and ends them.
exec cargo bench --quiet --locked --package logloop-operator --bench operator -- "$PORT"
