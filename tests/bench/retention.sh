#!/usr/bin/env bash
# Retention at size: a prune of half of a store, and appends beside an export and a prune, in one run.
#   LOGLOOP_BENCH_DIR     folder on the disk to measure (default: the target folder)
#   LOGLOOP_BENCH_BYTES   bytes of the store that is pruned (default: 10 GB, or a quarter of what is free)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mkdir -p target
export LOGLOOP_BENCH_DIR=${LOGLOOP_BENCH_DIR:-$PWD/target}
if [[ -z ${LOGLOOP_BENCH_BYTES:-} ]]; then
  free=$(($(df --output=avail -B1 "$LOGLOOP_BENCH_DIR" | tail -1) / 4))
  LOGLOOP_BENCH_BYTES=$((free < 10000000000 ? free : 10000000000))
  export LOGLOOP_BENCH_BYTES
fi
cargo bench --locked --quiet --package logloop-records --bench retention
