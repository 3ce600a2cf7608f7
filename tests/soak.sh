#!/usr/bin/env bash
# Part of make torture: 20,000 runs through the operator, against a real API server. Its memory must have no slope, and each run must end once.
#   LOGLOOP_SOAK_RUNS   how many runs (default 20000; `make test` takes some hundred)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $(uname -s) != Linux ]]; then
  echo "SKIPPED: the soak needs Linux (it runs a control plane)"
  exit 0
fi
tests/cluster/install.sh cluster
tests/cluster/build.sh
export LOGLOOP_SOAK_RUNS=${LOGLOOP_SOAK_RUNS:-20000}
exec cargo test --locked --package logloop-operator --test it -- \
  faults::soak --nocapture
