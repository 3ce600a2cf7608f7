#!/usr/bin/env bash
# make test: everything. The parts that need Linux and root say so when they skip.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $(uname -s) == Linux ]]; then
  tests/cluster/install.sh images cluster
  tests/cluster/build.sh
fi
cargo test --workspace --locked
tests/interchange.sh
tests/torture.sh short
tests/browser.sh
tests/e2e.sh
