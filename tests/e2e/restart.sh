# shellcheck shell=bash
# Sourced by e2e.sh: a new analyzer pod serves the same model and has every interaction; a new operator changes nothing.
source tests/e2e/lib.sh

version=$(serving)
count() { ask /api/chat/stats | jq .stats.total_interactions; }
before=$(count)
runs=$(kubectl get trainingruns --output 'jsonpath={range .items[*]}{.metadata.name}={.status.phase} {end}')
jobs=$(kubectl get jobs --output name | sort)
kubectl delete pod --selector app.kubernetes.io/component=analyzer --grace-period=0 --force 2>/dev/null
kubectl delete pod --selector app.kubernetes.io/component=operator
kubectl rollout status deployment/logloop-analyzer deployment/logloop-operator --timeout=60s
same() { [[ $(serving) == "$version" && $(count) == "$before" ]]; }
until_true 30 same || fail "expected $version and $before interactions, got $(serving) and $(count)"
sleep 5
[[ $(kubectl get trainingruns --output 'jsonpath={range .items[*]}{.metadata.name}={.status.phase} {end}') == "$runs" ]] || fail "a finished run changed"
[[ $(kubectl get jobs --output name | sort) == "$jobs" ]] || fail "a restarted operator made or removed Jobs"
