#!/usr/bin/env bash
# e2e.sh: the whole loop on a real cluster of its own through helm, kubectl and curl, then what users get wrong.
# Leaves nothing behind, whether it passes or not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $(uname -s) != Linux || $EUID != 0 ]]; then
  echo "SKIPPED: the end-to-end test needs Linux and root (it starts a kubelet and containers)"
  exit 0
fi

export CLUSTER=test
passed=0
ok() { passed=$((passed + 1)); echo "ok $passed - $* ($SECONDS s)"; }
finish() {
  local status=$?
  if ((status != 0)) && [[ -S /dev/null || -f build/cluster/$CLUSTER/kubeconfig ]]; then
    kubectl get pods,jobs,trainingruns,dataretentions --output wide >&2 || true
    kubectl logs deployment/logloop-operator --tail=60 >&2 || true
    kubectl logs deployment/logloop-analyzer --tail=60 >&2 || true
  fi
  tests/cluster/cluster.sh down "$CLUSTER"
  tests/cluster/check-clean.sh "$CLUSTER" || status=1
  ((status != 0)) || { echo "ok $((passed + 1)) - nothing is left behind"; echo; echo "$((passed + 1)) passed, 0 failed"; }
  exit "$status"
}
trap finish EXIT

tests/cluster/cluster.sh up "$CLUSTER"
# shellcheck source=cluster/env.sh
source tests/cluster/env.sh
images/build.sh
tests/cluster/deploy.sh --set analyzer.sealAge=10s
ok "helm installed logloop and it became ready"
tests/cluster/deploy.sh --set analyzer.sealAge=10s
ok "helm upgraded it to the same"

LOGLOOP_URL=$(tests/cluster/cluster.sh expose "$CLUSTER" "$LOGLOOP_NAMESPACE" logloop-analyzer 5000)
LOGLOOP_TOKEN=$(logloop_token admin)
export LOGLOOP_URL LOGLOOP_TOKEN
tests/main-job.sh
ok "the main job"
source tests/e2e/access.sh
ok "who gets in"
source tests/e2e/bad-input.sh
ok "bad input"
source tests/e2e/failing-trainer.sh
ok "a failing trainer"
source tests/e2e/restart.sh
ok "a restarted analyzer"
source tests/e2e/footprint.sh
ok "the footprint"
