#!/usr/bin/env bash
# toolkit.sh: prints the folder of a CUDA toolkit (that of this machine, else from the Python package registry, kept below
# build/); nothing, and says why, where there is none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if nvcc=$(command -v nvcc); then
  dirname "$(dirname "$(realpath "$nvcc")")"
  exit
fi
python=$(tests/environment.sh build/cuda tests/cuda/requirements.txt "the CUDA compiler")
if [[ -n $python ]]; then
  ls -d "$PWD"/build/cuda/lib/python3*/site-packages/nvidia/cu13
fi
