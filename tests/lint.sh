#!/usr/bin/env bash
# make lint
#   LOGLOOP_CUDA=0   leaves out the cuda feature of the trainer (ten minutes the first time, then seconds)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tests/cluster/install.sh lint
[[ $(uname -s) != Linux ]] || tests/cluster/build.sh # for helm
cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
if [[ ${LOGLOOP_CUDA:-1} == 0 ]]; then
  echo "the cuda feature of the trainer was not checked, as LOGLOOP_CUDA=0 asks"
else
  tests/cuda/check.sh
fi
if command -v cargo-deny >/dev/null; then
  cargo deny --offline check bans licenses sources
else
  echo "cargo-deny is not installed: licences and sources were not checked"
fi

git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck

PATH=$PWD/build/cluster/bin:$PATH
helm lint --strict charts/logloop
helm template logloop charts/logloop --namespace logloop >/dev/null
