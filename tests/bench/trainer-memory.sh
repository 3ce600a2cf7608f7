#!/usr/bin/env bash
# Peak memory and time of `logloop-trainer train` on made data sets of several sizes.
#   LOGLOOP_TRAINER   a built trainer (default: builds the release)
#   BENCH_ROWS        sizes in examples (default "1000000 5000000")
#   BENCH_DISTINCT    of how many distinct entries (default "5000 3000000")
#   BENCH_PEOPLE      of a hundred rows, those with a person's label (default 5)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ $(uname -s) != Linux ]]; then
  echo "SKIPPED: the benchmark needs Linux (it reads peaks of memory)"
  exit 0
fi
trainer=${LOGLOOP_TRAINER:-}
if [[ -z $trainer ]]; then
  cargo build --quiet --release --locked --package logloop-trainer
  trainer=target/release/logloop-trainer
fi
cargo build --quiet --release --locked --package logloop-trainer --example large
mkdir -p build/bench
data=$(mktemp -d build/bench/trainer-memory.XXXXXX)
trap 'rm -rf "$data"' EXIT

printf '%12s %12s %10s %10s\n' examples "distinct of" "peak MiB" seconds
for distinct in ${BENCH_DISTINCT:-5000 3000000}; do
  for rows in ${BENCH_ROWS:-1000000 5000000}; do
    people=${BENCH_PEOPLE:-5}
    target/release/examples/large "$data" "$rows" "$distinct" "$people" >/dev/null
    began=$(date +%s.%N)
    "$trainer" train --data "$data" --dataset "large-$rows-$distinct-$people" --epochs 1 --models line >"$data/said" &
    child=$!
    peak=0
    # The peak so far never falls: the last one seen is that of the whole training, but for its last moments.
    while seen=$(awk '/^VmHWM:/ { print $2 }' "/proc/$child/status" 2>/dev/null) && [[ -n $seen ]]; do
      peak=$seen
      sleep 0.05
    done
    if ! wait "$child"; then
      echo "error: the training failed; it said:"
      cat "$data/said"
      exit 1
    fi
    ended=$(date +%s.%N)
    printf '%12s %12s %10s %10.0f\n' "$rows" "$distinct" "$((peak / 1024))" "$(awk "BEGIN { print $ended - $began }")"
    rm -rf "$data/datasets" "$data/models"
  done
done
