#!/usr/bin/env bash
# make down: ends the clusters of this checkout and checks that nothing of them is left.
#   CLUSTER=current   uninstalls logloop from the cluster of the kubectl context instead; data and definitions are kept
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${CLUSTER:-} == current ]]; then
  exec helm uninstall logloop --ignore-not-found
fi
for name in dev test; do
  tests/cluster/cluster.sh down "$name"
  tests/cluster/check-clean.sh "$name"
done
