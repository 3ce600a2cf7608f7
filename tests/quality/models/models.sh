#!/usr/bin/env bash
# models.sh [REPEATS]: the line model against linear models and fastText on labelled messages split by template and by time,
# and on failing lines of CI logs of other projects.
#   LOGLOOP_LABELLED_DATA   folder with the logs, their labels and score.py (default: ../shared/data beside this folder)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

data=${LOGLOOP_LABELLED_DATA:-../shared/data}
if [[ ! -f $data/score.py ]]; then
  echo "SKIPPED: no labelled logs in $data (set LOGLOOP_LABELLED_DATA to the folder that holds score.py)"
  exit 0
fi
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1
cargo build --quiet --release --locked --package logloop-analyzer --package logloop-trainer
cargo build --quiet --release --locked --package logloop-trainer --example labelled
python3 tests/quality/models/ci.py "$data" target/release/logloop-analyzer target/release/logloop-trainer build/quality
python=$(tests/quality/models/python.sh)
if [[ -n $python ]]; then
  "$python" tests/quality/models/models.py "$data" target/release/examples/labelled "$@"
fi
