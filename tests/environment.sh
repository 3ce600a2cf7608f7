#!/usr/bin/env bash
# environment.sh FOLDER REQUIREMENTS WHAT: makes the Python environment FOLDER (kept, made anew when the requirements change)
# and prints its Python; nothing, and says why, where WHAT is in it cannot be installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly environment=$1 wanted=$2 what=$3
readonly log=$environment.log

mkdir -p "$(dirname "$environment")"
if ! cmp --silent "$wanted" "$environment/installed.txt"; then
  echo "installing $what" >&2
  if python3 -m venv --clear "$environment" >"$log" 2>&1 &&
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted" >>"$log" 2>&1; then
    cp "$wanted" "$environment/installed.txt"
  else
    echo "SKIPPED: $what cannot be installed ($(tail -n 1 "$log"))" >&2
    exit 0
  fi
fi
echo "$PWD/$environment/bin/python"
