#!/usr/bin/env bash
# control-plane.sh DIR PORT: etcd (without fsync), kube-apiserver, kube-controller-manager, kube-scheduler and kwok, until standard
# input ends; then all are stopped. Prints `ready` once the API server and ten nodes of kwok's are. Logs and a kubeconfig are in DIR.
set -euo pipefail

dir=$(cd "$1" && pwd)
port=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
bin=$root/build/cluster/bin
readonly READY_S=120
readonly NODES=10
readonly QPS=1000 # the default, 20, would hold the Job controller to three Jobs a second: that is what would be measured
readonly BURST=2000
readonly TOKEN=bench

pids=()
run() {
  local name=$1
  shift
  "$@" >"$dir/$name.log" 2>&1 &
  pids+=($!)
}
stop() {
  local at
  for ((at = ${#pids[@]} - 1; at >= 0; at--)); do kill -9 "${pids[at]}" 2>/dev/null || true; done
  { wait; } 2>/dev/null
}
trap stop EXIT

echo "$TOKEN,admin,1,system:masters" >"$dir/tokens.csv"
openssl genrsa -out "$dir/sa.key" 2>/dev/null
cat >"$dir/kubeconfig" <<CONFIG
apiVersion: v1
kind: Config
current-context: bench
clusters: [{ name: bench, cluster: { server: "https://127.0.0.1:$port", insecure-skip-tls-verify: true } }]
users: [{ name: bench, user: { token: $TOKEN } }]
contexts: [{ name: bench, context: { cluster: bench, user: bench } }]
CONFIG
export KUBECONFIG=$dir/kubeconfig
kubectl() { "$bin/kubectl" --cache-dir "$dir/kubectl" "$@"; }

run etcd "$bin/etcd" --data-dir "$dir/etcd" --unsafe-no-fsync --log-level error --quota-backend-bytes 8000000000 \
  --listen-client-urls "http://127.0.0.1:$((port + 1))" --advertise-client-urls "http://127.0.0.1:$((port + 1))" \
  --listen-peer-urls "http://127.0.0.1:$((port + 2))" --initial-advertise-peer-urls "http://127.0.0.1:$((port + 2))" \
  --initial-cluster "default=http://127.0.0.1:$((port + 2))"
run api "$bin/kube-apiserver" --etcd-servers "http://127.0.0.1:$((port + 1))" --bind-address 127.0.0.1 --secure-port "$port" \
  --cert-dir "$dir/certs" --token-auth-file "$dir/tokens.csv" --authorization-mode RBAC --service-cluster-ip-range 10.96.0.0/24 \
  --service-account-issuer https://logloop.bench --service-account-signing-key-file "$dir/sa.key" \
  --service-account-key-file "$dir/sa.key" --max-requests-inflight 2000 --max-mutating-requests-inflight 1000
began=$SECONDS
until kubectl get --raw /readyz >/dev/null 2>&1; do
  ((SECONDS - began < READY_S)) || { tail -5 "$dir/api.log" >&2; echo "the API server is not ready after $READY_S s" >&2; exit 1; }
  sleep 0.3
done
run controllers "$bin/kube-controller-manager" --kubeconfig "$KUBECONFIG" --leader-elect=false --secure-port 0 \
  --service-account-private-key-file "$dir/sa.key" --kube-api-qps "$QPS" --kube-api-burst "$BURST"
run scheduler "$bin/kube-scheduler" --kubeconfig "$KUBECONFIG" --leader-elect=false --secure-port 0 \
  --kube-api-qps "$QPS" --kube-api-burst "$BURST"
run kwok "$root/build/bench/bin/kwok" --kubeconfig "$KUBECONFIG" --config "$root/tests/bench/operator/kwok.yaml" \
  --manage-all-nodes --cidr 10.244.0.1/16 --node-lease-duration-seconds 40

for ((number = 0; number < NODES; number++)); do
  cat <<NODE
---
apiVersion: v1
kind: Node
metadata: { name: kwok-$number, labels: { type: kwok } }
status:
  allocatable: { cpu: "10000", memory: 100Ti, pods: "100000" }
  capacity: { cpu: "10000", memory: 100Ti, pods: "100000" }
NODE
done | kubectl create -f - >/dev/null
kubectl wait --for=condition=Ready node --all --timeout "${READY_S}s" >/dev/null
echo ready
cat >/dev/null
