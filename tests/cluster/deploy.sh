#!/usr/bin/env bash
# deploy.sh [HELM FLAG...]: installs or upgrades the release "logloop" in the cluster of CLUSTER (see env.sh) with the
# images of images/build.sh, and waits until it is ready.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=env.sh
source tests/cluster/env.sh

readonly READY_TIMEOUT=120s

if [[ $CLUSTER != current ]]; then
  tests/cluster/cluster.sh load "$CLUSTER" build/images/*.tar
fi

if ! helm upgrade --install logloop charts/logloop --values build/images/values.yaml \
  --wait --timeout "$READY_TIMEOUT" "$@" >/dev/null; then
  kubectl get pods --selector app.kubernetes.io/instance=logloop --output wide >&2
  kubectl get events --field-selector type=Warning >&2
  exit 1
fi
kubectl get deployments,persistentvolumeclaims --selector app.kubernetes.io/instance=logloop
