#!/usr/bin/env bash
# models.sh: training and scoring of the line model against fastText in the same run.
#   LOGLOOP_LABELLED_DATA   folder with labelled logs (default: ../shared/data beside this folder)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

data=${LOGLOOP_LABELLED_DATA:-../shared/data}
if [[ ! -d $data/parsing ]]; then
  echo "SKIPPED: no labelled logs in $data (set LOGLOOP_LABELLED_DATA to the folder that holds parsing/)"
  exit 0
fi
python=$(tests/quality/models/python.sh)
if [[ -z $python ]]; then
  exit 0
fi
cargo build --quiet --release --locked --package logloop-trainer --example speed
exec env PYTHONDONTWRITEBYTECODE=1 "$python" tests/bench/models.py "$data" target/release/examples/speed build/bench/models
