#!/usr/bin/env bash
# models.sh [REPEATS]: the line model against linear models and fastText, on labelled messages split by template and by time.
#   LOGLOOP_LABELLED_DATA   folder with the logs, their labels and score.py (default: ../shared/data beside this folder)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

data=${LOGLOOP_LABELLED_DATA:-../shared/data}
if [[ ! -f $data/score.py ]]; then
  echo "SKIPPED: no labelled logs in $data (set LOGLOOP_LABELLED_DATA to the folder that holds score.py)"
  exit 0
fi
tests/cluster/install.sh quality
readonly environment=$PWD/build/quality/models
readonly wanted=tests/quality/models/requirements.txt
readonly log=$PWD/build/quality/models.log
mkdir -p build/quality
if ! cmp --silent "$wanted" "$environment/installed.txt"; then
  echo "installing scikit-learn and fastText for the references" >&2
  if ! { python3 -m venv --clear "$environment" &&
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted"; } >"$log" 2>&1; then
    echo "SKIPPED: the references cannot be installed ($(tail -n 1 "$log"))"
    exit 0
  fi
  cp "$wanted" "$environment/installed.txt"
fi
cargo build --quiet --release --locked --package logloop-trainer --example labelled
export PYTHONDONTWRITEBYTECODE=1
cargo build --quiet --release --locked --package logloop-analyzer --package logloop-trainer
python3 tests/quality/models/ci.py "$data" target/release/logloop-analyzer target/release/logloop-trainer build/quality
exec env OPENBLAS_NUM_THREADS=1 "$environment/bin/python" tests/quality/models/models.py \
  "$data" target/release/examples/labelled "$@"
