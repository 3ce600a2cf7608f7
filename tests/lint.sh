#!/usr/bin/env bash
# make lint
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tests/cluster/install.sh lint
[[ $(uname -s) != Linux ]] || tests/cluster/build.sh # for helm
cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
if [[ -n ${LOGLOOP_CUDA:-} ]]; then
  tests/cuda/check.sh
else
  echo "the cuda feature of the trainer was not checked: LOGLOOP_CUDA=1 compiles it and its kernels (half an hour on two cores)"
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
