#!/usr/bin/env bash
# python.sh: prints the Python that has scikit-learn and fastText (a virtual environment below build/, kept); nothing if they cannot be installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

tests/cluster/install.sh quality >&2
readonly environment=$PWD/build/quality/models
readonly wanted=tests/quality/models/requirements.txt
readonly log=$PWD/build/quality/models.log
mkdir -p build/quality
if ! cmp --silent "$wanted" "$environment/installed.txt"; then
  echo "installing scikit-learn and fastText for the references" >&2
  if ! { python3 -m venv --clear "$environment" &&
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted"; } >"$log" 2>&1; then
    echo "SKIPPED: the references cannot be installed ($(tail -n 1 "$log"))" >&2
    exit 0
  fi
  cp "$wanted" "$environment/installed.txt"
fi
echo "$environment/bin/python"
