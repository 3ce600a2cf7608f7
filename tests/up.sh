#!/usr/bin/env bash
# make up: from nothing to logloop in a cluster, with a model trained there in service. It can be run again at any time.
#   CLUSTER=current IMAGE_REGISTRY=registry.example/path   the cluster of the kubectl context instead of one of our own
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly WANTED_PORT=5000
readonly FORWARD_TRIES=100 # of 0.2 s
export CLUSTER=${CLUSTER:-dev}
steps=7 number=0
step() { echo "==> [$((++number))/$steps] $* ($SECONDS s)"; }

if [[ $CLUSTER == current ]]; then
  : "${IMAGE_REGISTRY:?the nodes of another cluster need a registry to pull from: set IMAGE_REGISTRY}"
  steps=5
  for tool in kubectl helm; do
    command -v "$tool" >/dev/null || { echo "error: $tool is needed for CLUSTER=current; install it first" >&2; exit 1; }
  done
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
  kubectl port-forward service/logloop-analyzer ":5000" >build/port-forward.log 2>&1 &
  forward=$!
  trap 'kill "$forward" 2>/dev/null; rm -f build/port-forward.log' EXIT
  port=
  for ((tries = 0; tries < FORWARD_TRIES; tries++)); do
    port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' build/port-forward.log)
    [[ -z $port ]] || break
    kill -0 "$forward" 2>/dev/null || { cat build/port-forward.log >&2; exit 1; }
    sleep 0.2
  done
  [[ -n $port ]] || { echo "error: kubectl port-forward gave no port" >&2; exit 1; }
  export LOGLOOP_URL=http://127.0.0.1:$port
else
  LOGLOOP_URL=$(tests/cluster/cluster.sh expose "$CLUSTER" "$LOGLOOP_NAMESPACE" logloop-analyzer 5000 "$WANTED_PORT")
  export LOGLOOP_URL
fi
echo "    $LOGLOOP_URL"

LOGLOOP_TOKEN=$(logloop_token admin)
export LOGLOOP_TOKEN
step "The main job: analyse the cluster's own logs, train on them, serve the new model"
tests/main-job.sh
echo "==> done in $SECONDS s"
