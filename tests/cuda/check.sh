#!/usr/bin/env bash
# check.sh: whether the trainer compiles for an NVIDIA GPU. Needs none; the first time compiles CUDA's kernels (minutes).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

toolkit=$(tests/cuda/toolkit.sh)
if [[ -z $toolkit ]]; then
  echo "there is no CUDA compiler: the cuda feature of the trainer was not checked"
  exit 0
fi
# Features of their own, and so a target folder of their own: the usual one stays as it is.
export CUDA_HOME=$toolkit PATH=$toolkit/bin:$PATH CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP:-80}
CARGO_TARGET_DIR=build/cuda-target cargo clippy --locked --package logloop-trainer --features cuda -- -D warnings
