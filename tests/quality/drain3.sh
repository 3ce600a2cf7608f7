#!/usr/bin/env bash
# drain3.sh: prints the Python that has Drain3 (a virtual environment below build/, kept), or any Python if it cannot be installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly environment=$PWD/build/quality/python
readonly wanted=tests/quality/requirements.txt
readonly log=$PWD/build/quality/python.log

mkdir -p build/quality
if ! cmp --silent "$wanted" "$environment/installed.txt"; then
  echo "installing Drain3 for the reference" >&2
  if python3 -m venv --clear "$environment" >"$log" 2>&1 &&
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted" >>"$log" 2>&1; then
    cp "$wanted" "$environment/installed.txt"
  else
    echo "SKIPPED: Drain3 cannot be installed ($(tail -n 1 "$log"))" >&2
    command -v python3
    exit 0
  fi
fi
echo "$environment/bin/python"
