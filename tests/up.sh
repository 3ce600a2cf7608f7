#!/usr/bin/env bash
# make up: from nothing to logloop in a cluster, with a model trained there in service. It can be run again at any time.
#   CLUSTER=current IMAGE_REGISTRY=registry.example/path   the cluster of the kubectl context instead of one of our own
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly WANTED_PORT=5000
export CLUSTER=${CLUSTER:-dev}
steps=7 number=0
step() { echo "==> [$((++number))/$steps] $* ($SECONDS s)"; }

if [[ $CLUSTER == current ]]; then
  : "${IMAGE_REGISTRY:?the nodes of another cluster need a registry to pull from: set IMAGE_REGISTRY}"
  steps=5
  step "Installing what is lacking"
  tests/cluster/install.sh images
else
  step "Installing what is lacking"
  tests/cluster/install.sh images cluster
  step "Building Kubernetes"
  tests/cluster/build.sh
  step "Starting Kubernetes"
  tests/cluster/cluster.sh up "$CLUSTER"
fi
# shellcheck source=cluster/env.sh
source tests/cluster/env.sh

step "Building static programs and images"
images/build.sh

step "Installing logloop with Helm"
# Retention reaches sealed segments only; the main job shows one within a minute.
tests/cluster/deploy.sh --set analyzer.sealAge=10s

step "Opening a way to the analyzer"
if [[ $CLUSTER == current ]]; then
  kubectl port-forward service/logloop-analyzer "$WANTED_PORT:5000" >/dev/null &
  trap 'kill $!' EXIT
  export LOGLOOP_URL=http://127.0.0.1:$WANTED_PORT
else
  LOGLOOP_URL=$(tests/cluster/cluster.sh expose "$CLUSTER" "$LOGLOOP_NAMESPACE" logloop-analyzer 5000 "$WANTED_PORT")
  export LOGLOOP_URL
fi
echo "    $LOGLOOP_URL"

step "The main job: analyse the cluster's own logs, train on them, serve the new model"
tests/main-job.sh
echo "==> done in $SECONDS s"
