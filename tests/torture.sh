#!/usr/bin/env bash
# make torture: what a log can be at worst, at its full size, read by the release build. `torture.sh short`: the same in seconds, as
# `make test` does it, read by the debug build (which checks every sum).
#   LOGLOOP_ANALYZER   a built analyzer instead
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

size=${1:-full}
if [[ $(uname -s) != Linux ]]; then
  echo "SKIPPED: the torture test needs Linux (it reads peaks of memory)"
  exit 0
fi
tests/cluster/install.sh torture
analyzer=${LOGLOOP_ANALYZER:-}
if [[ -z $analyzer && $size == short ]]; then
  cargo build --quiet --locked --package logloop-analyzer
  analyzer=target/debug/logloop-analyzer
elif [[ -z $analyzer ]]; then
  cargo build --quiet --release --locked --package logloop-analyzer
  analyzer=target/release/logloop-analyzer
fi
mkdir -p build
work=$(mktemp -d build/torture.XXXXXX)
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/bench python3 tests/torture/torture.py "$size" "$analyzer" "$work"
