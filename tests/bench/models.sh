#!/usr/bin/env bash
# models.sh: training and scoring of the line model against fastText in the same run, and what a serving model adds to an analysis.
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
export PYTHONDONTWRITEBYTECODE=1
cargo build --quiet --release --locked --package logloop-trainer --example speed
"$python" tests/bench/models.py "$data" target/release/examples/speed build/bench/models
if [[ -f $data/score.py ]]; then
  cargo build --quiet --release --locked --package logloop-analyzer --package logloop-trainer
  python3 tests/bench/share.py "$data" target/release/logloop-analyzer target/release/logloop-trainer build/bench/models
fi
