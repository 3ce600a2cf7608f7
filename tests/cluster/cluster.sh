#!/usr/bin/env bash
# A real one-node Kubernetes on this machine (Linux, root), in namespaces of its own under build/cluster/NAME.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=cgroups.sh
source "$scripts/cgroups.sh"
# shellcheck source=forward.sh
source "$scripts/forward.sh"

usage() {
  cat <<'TEXT'
cluster.sh up NAME                                       start it, or find it running
cluster.sh down NAME                                     end it and remove all but its logs
cluster.sh status NAME                                   say whether it runs
cluster.sh load NAME ARCHIVE...                          import images (oci-archive)
cluster.sh expose NAME NAMESPACE SERVICE PORT [HOSTPORT] make a Service reachable on 127.0.0.1; prints the URL
TEXT
}

readonly START_S=20        # the namespaces and their init
readonly CONTAINERD_S=30
readonly NODE_READY_S=90
readonly STOP_S=30
readonly VOLUMES=8         # claims that one cluster can bind
readonly LOG_TAIL_LINES=20
readonly API_WANTED_PORT=16443

kubectl() { "$bin/kubectl" --kubeconfig "$kubeconfig" --cache-dir "$state/kubectl-cache" "$@"; }
in_node() { nsenter --target "$(init_pid)" --mount --net --pid -- "$@"; }

api_answers() { kubectl --request-timeout=5s get --raw /readyz; }
node_ready() { [[ $(kubectl get nodes -o 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}') == True ]]; }
containerd_answers() { in_node ctr version; }
# Pods are refused in a namespace that has no service account yet.
service_account_there() { kubectl get serviceaccount default; }
healthy() { init_pid >/dev/null && api_answers >/dev/null 2>&1 && node_ready; }

# or_explain LOG... -- COMMAND...: on failure shows the ends of these logs, removes the half-started cluster and gives up.
or_explain() {
  local logs=() log
  while [[ $1 != -- ]]; do logs+=("$1"); shift; done
  shift
  "$@" && return
  for log in node "${logs[@]}"; do
    [[ -s $state/logs/$log.log ]] || continue
    echo "--- the end of $state/logs/$log.log" >&2
    tail -n "$LOG_TAIL_LINES" "$state/logs/$log.log" >&2
  done
  remove
  die "the cluster '$name' did not come up"
}

# render FILE: a file of config/ with this cluster's values.
render() {
  sed -e "s|@NAME@|logloop-$name|g" -e "s|@ID@|$id|g" -e "s|@NODE_IP@|$NODE_IP|g" \
    "$scripts/config/$1"
}

lay_out_state() {
  local file
  mkdir -p "$state"/{bin,config/cni,forwards,logs,var-lib}
  for file in containerd.toml kubelet.yaml kube-proxy.yaml cni/10-pods.conflist; do
    render "$file" >"$state/config/$file"
  done
  "$scripts/pki.sh" "$state/pki" "logloop-$name" "$NODE_IP"
  for ((file = 1; file <= VOLUMES; file++)); do
    mkdir -p "$state/volumes/volume-$file"
  done
}

start_init() {
  # env -i: nothing of the caller's environment gets into the cluster. LOGLOOP_CLUSTER marks its processes.
  env -i PATH="$PATH" HOME=/run TMPDIR=/run/tmp LOGLOOP_CLUSTER="$id" \
    setsid unshare --net --mount --pid --ipc --uts --fork --propagation private \
    "$scripts/node.sh" "$name" </dev/null >"$state/logs/node.log" 2>&1 {lock}>&- &
  disown # it outlives this script
}

add_objects() {
  local number
  {
    render cluster.yaml
    for ((number = 1; number <= VOLUMES; number++)); do
      render volume.yaml | sed "s|@VOLUME@|volume-$number|g"
    done
  } | kubectl apply -f - >/dev/null
}

load() {
  local archive image
  for archive; do
    image=$(tar -xOf "$archive" index.json | jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]')
    if [[ -z $(in_node ctr -n k8s.io images list -q "name==$image") ]]; then
      in_node ctr -n k8s.io images import - <"$archive" >/dev/null
    fi
    say "the cluster '$name' has $image"
  done
}

up() {
  ((EUID == 0)) || die "a cluster of our own needs root; or set CLUSTER=current to use the one of your kubectl context"
  if healthy; then
    say "the cluster '$name' is up: KUBECONFIG=$kubeconfig"
    return
  fi
  remove
  "$scripts/check-clean.sh" "$name" record
  rm -rf "$state/logs"
  lay_out_state
  make_cgroups
  start_init
  or_explain -- wait_until "$START_S" "the cluster's init" init_pid
  "$scripts/pause.sh"
  or_explain containerd -- wait_until "$CONTAINERD_S" containerd containerd_answers
  or_explain containerd -- load "$repo/build/cluster/pause.tar" >/dev/null

  forward api "$NODE_IP:6443" "$API_WANTED_PORT"
  sed "s|https://$NODE_IP:6443|https://127.0.0.1:$forward_port|" "$state/pki/admin.kubeconfig" >"$kubeconfig"
  chmod 600 "$kubeconfig"
  or_explain etcd kube-apiserver -- wait_until "$API_READY_S" "the API server" api_answers
  or_explain kube-apiserver -- add_objects
  or_explain kube-controller-manager -- wait_until "$NODE_READY_S" "the default service account" service_account_there
  or_explain containerd kubelet kube-controller-manager -- wait_until "$NODE_READY_S" "the node to be ready" node_ready
  say "the cluster '$name' is up after $SECONDS s: KUBECONFIG=$kubeconfig"
}

gone() { ! init_pid; }

# Ends everything of the cluster and removes its files but the logs.
remove() {
  local pid
  if pid=$(init_pid); then
    kill -KILL "$pid" # process 1 of its namespace: the kernel ends all the others with it
    wait_until "$STOP_S" "the processes of '$name' to end" gone
  fi
  remove_cgroups
  [[ -d $state ]] || return 0
  find "$state" -mindepth 1 -maxdepth 1 -not -name logs -exec rm -rf --one-file-system {} +
}

status() {
  if healthy; then
    say "the cluster '$name' is up: KUBECONFIG=$kubeconfig"
  elif init_pid >/dev/null; then
    say "the cluster '$name' runs but is not ready; see $state/logs"
    exit 1
  else
    say "the cluster '$name' is down"
    exit 1
  fi
}

expose() {
  local namespace=$1 service=$2 port=$3 wanted=${4:-0} ip
  ip=$(kubectl -n "$namespace" get service "$service" -o 'jsonpath={.spec.clusterIP}')
  forward "$namespace-$service-$port" "$ip:$port" "$wanted"
  echo "http://127.0.0.1:$forward_port"
}

command=${1:-}
case $command:$# in
  up:2 | down:2 | status:2 | load:[3-9] | expose:[56]) ;;
  *) usage >&2; exit 2 ;;
esac
use_cluster "$2"
shift 2

mkdir -p "$repo/build/cluster"
# One command at a time on one cluster.
exec {lock}>>"$repo/build/cluster/$name.lock"
flock "$lock"
case $command in
  down) remove; say "the cluster '$name' is down" ;;
  *) "$command" "$@" ;;
esac
