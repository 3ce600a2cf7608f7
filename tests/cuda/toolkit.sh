#!/usr/bin/env bash
# toolkit.sh: prints the folder of a CUDA toolkit (that of this machine, else from the Python package registry, kept below
# build/); nothing, and says why, where there is none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly environment=$PWD/build/cuda
readonly wanted=tests/cuda/requirements.txt
readonly log=$PWD/build/cuda.log

if nvcc=$(command -v nvcc); then
  dirname "$(dirname "$(realpath "$nvcc")")"
  exit
fi
mkdir -p build
if ! cmp --silent "$wanted" "$environment/installed.txt"; then
  echo "installing the CUDA compiler" >&2
  if python3 -m venv --clear "$environment" >"$log" 2>&1 &&
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted" >>"$log" 2>&1; then
    cp "$wanted" "$environment/installed.txt"
  else
    echo "SKIPPED: the CUDA compiler cannot be installed ($(tail -n 1 "$log"))" >&2
    exit 0
  fi
fi
ls -d "$environment"/lib/python3*/site-packages/nvidia/cu13
