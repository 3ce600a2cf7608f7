#!/usr/bin/env bash
# make bench: speed and memory of `logloop-analyzer analyze` against Drain3 and ripgrep, in the same run, on one core.
#   LOGLOOP_LABELLED_DATA   folder with throughput/Linux.log (default: ../shared/data; without it a generated log is read)
#   LOGLOOP_ANALYZER        a built analyzer (default: builds the release)
#   BENCH_REPEATS           counted runs of each pair (default 5)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ $(uname -s) != Linux ]]; then
  echo "SKIPPED: the benchmark needs Linux (it pins to a core and reads peaks of memory)"
  exit 0
fi
tests/cluster/install.sh bench
analyzer=${LOGLOOP_ANALYZER:-}
if [[ -z $analyzer ]]; then
  cargo build --quiet --release --locked --package logloop-analyzer
  analyzer=target/release/logloop-analyzer
fi
python=$(tests/quality/drain3.sh)
mkdir -p build/bench
exec env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/quality "$python" tests/bench/bench.py \
  "${LOGLOOP_LABELLED_DATA:-../shared/data}/throughput/Linux.log" "$analyzer" build/bench
