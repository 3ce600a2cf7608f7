#!/usr/bin/env bash
# Data sets as others read them: DuckDB, pandas with pyarrow, and Hugging Face datasets load the Parquet parts, the JSON
# document and the JSON Lines. LOGLOOP_ANALYZER: a built analyzer (default: builds one).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tests/cluster/install.sh interchange
python=$(tests/interchange/python.sh)
if [[ -z $python ]]; then
  exit 0
fi
analyzer=${LOGLOOP_ANALYZER:-}
if [[ -z $analyzer ]]; then
  cargo build --quiet --locked --package logloop-analyzer
  analyzer=target/debug/logloop-analyzer
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HF_HOME=$work/cache HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 HF_DATASETS_DISABLE_PROGRESS_BARS=1 PYTHONDONTWRITEBYTECODE=1 LOGLOOP_LOG=error
"$python" tests/interchange/check.py "$analyzer" "$work"
