#!/usr/bin/env bash
# python.sh: prints the Python that has the readers (a virtual environment below build/, kept); nothing, and says why, where
# they cannot be installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly environment=$PWD/build/interchange/python
readonly wanted=tests/interchange/requirements.txt
readonly log=$PWD/build/interchange/python.log

mkdir -p build/interchange
if ! cmp --silent "$wanted" "$environment/installed.txt"; then
  echo "installing DuckDB, pandas, pyarrow and datasets" >&2
  if python3 -m venv --clear "$environment" >"$log" 2>&1 &&
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted" >>"$log" 2>&1; then
    cp "$wanted" "$environment/installed.txt"
  else
    echo "SKIPPED: the readers cannot be installed ($(tail -n 1 "$log"))" >&2
    exit 0
  fi
fi
echo "$environment/bin/python"
