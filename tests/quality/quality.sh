#!/usr/bin/env bash
# make quality: the product and the references over labelled logs, every row, the bad ones too; then the model of sequences on labelled sessions.
#   LOGLOOP_LABELLED_DATA   folder with the logs, their labels and score.py (default: ../shared/data beside this folder)
#   LOGLOOP_ANALYZER        a built analyzer (default: builds the release)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

data=${LOGLOOP_LABELLED_DATA:-../shared/data}
if [[ ! -f $data/score.py ]]; then
  echo "SKIPPED: no labelled logs in $data (set LOGLOOP_LABELLED_DATA to the folder that holds score.py)"
  exit 0
fi
tests/cluster/install.sh quality
analyzer=${LOGLOOP_ANALYZER:-}
if [[ -z $analyzer ]]; then
  cargo build --quiet --release --locked --package logloop-analyzer
  analyzer=target/release/logloop-analyzer
fi
python=$(tests/quality/drain3.sh)
export PYTHONDONTWRITEBYTECODE=1
"$python" tests/quality/quality.py "$data" "$analyzer" build/quality

sessions=$data/hdfs/HDFS_100k_sessions.jsonl
if [[ ! -f $sessions ]]; then
  echo "SKIPPED: no labelled sessions in $sessions"
  exit 0
fi
cargo run --quiet --release --locked --package logloop-trainer --example sequence_quality "$sessions" > build/quality/sessions.json
"$python" tests/quality/sequences.py build/quality/sessions.json build/quality
