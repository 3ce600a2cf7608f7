#!/usr/bin/env bash
# Durable appends and opening, against the raw disk and SQLite, and the service with storage against the service without, in
# one run. LOGLOOP_BENCH_DIR names a folder on the disk to measure; the target folder's is measured without it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LOGLOOP_BENCH_DIR=${LOGLOOP_BENCH_DIR:-$PWD/target}
cargo bench --locked --quiet --package logloop-records --bench store
cargo bench --locked --quiet --package logloop-fault-tests --bench http
