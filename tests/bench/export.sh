#!/usr/bin/env bash
# Speed and memory of `logloop-analyzer export` against DuckDB and a plain Python script, in the same run, on one core.
#   LOGLOOP_LABELLED_DATA   folder with logs to slice (default: ../shared/data; without it generated logs are read)
#   LOGLOOP_ANALYZER        a built analyzer (default: builds the release)
#   BENCH_REPEATS           counted runs of each pair (default 5)
#   BENCH_EXPORT_MB, BENCH_MEMORY_GB   sizes of what is read (defaults 128 and 10)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ $(uname -s) != Linux ]]; then
  echo "SKIPPED: the benchmark needs Linux (it pins to a core and reads peaks of memory)"
  exit 0
fi
tests/cluster/install.sh bench
python=$(tests/interchange/python.sh)
if [[ -z $python ]]; then
  exit 0
fi
analyzer=${LOGLOOP_ANALYZER:-}
if [[ -z $analyzer ]]; then
  cargo build --quiet --release --locked --package logloop-analyzer
  analyzer=target/release/logloop-analyzer
fi
mkdir -p build/bench
LOGLOOP_LOG=error PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/quality "$python" tests/bench/export.py \
  "${LOGLOOP_LABELLED_DATA:-../shared/data}" "$analyzer" build/bench
