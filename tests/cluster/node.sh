#!/usr/bin/env bash
# node.sh NAME: the cluster's init, process 1 of its own network, mount and process namespaces (see cluster.sh).
# Everything of the cluster is a child of it, so its end is the end of all, and of every mount and interface.
# The state folder is /mnt here: short paths for sockets (108 bytes), whatever the checkout's path.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_cluster "$1"

readonly NODE=logloop-$name
readonly API=https://$NODE_IP:6443
readonly SERVICE_RANGE=10.96.0.0/16
readonly RESTART_DELAY_S=1

say_who_i_am() { # /proc is still the host's: the pid is the one that the host sees
  local pid
  read -r pid _ </proc/self/stat
  echo "$pid $(start_time "$pid")" >"$state/init"
}

mount_all() {
  mount -t proc proc /proc
  mount --bind "$bin" "$state/bin"
  mount --rbind "$state" /mnt
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/forward /run/tmp
  mount --bind /mnt/var-lib /var/lib
  mount --bind /mnt/logs /var/log
  hide_kernel_settings
  mount --make-rshared / # the kubelet passes volumes on to containers
}

# The kubelet sets these for the whole machine. It finds its values in place instead, and the host's stay as they are.
hide_kernel_settings() {
  local setting path
  mkdir /run/sysctl
  for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
    path=${setting%=*}
    echo "${setting#*=}" >"/run/sysctl/${path//\//.}"
    mount --bind "/run/sysctl/${path//\//.}" "/proc/sys/$path"
  done
}

set_up_network() {
  hostname "$NODE"
  ip link set lo up
  ip address add "$NODE_IP/32" dev lo
  # kube-proxy turns a service's address into a pod's only after a route was found for it.
  ip route add "$SERVICE_RANGE" dev lo
  echo 1 >/proc/sys/net/ipv4/ip_forward
}

# supervise NAME COMMAND...: runs it in the background with a log of its own, and starts it again when it ends.
supervise() {
  local component=$1
  shift
  (
    while true; do
      code=0
      "$@" >>"/var/log/$component.log" 2>&1 || code=$?
      echo "$(date -Is) $component ended with $code; starting it again"
      sleep "$RESTART_DELAY_S"
    done
  ) &
}

api_ready() { curl -fsS --cacert pki/ca.crt --cert pki/admin.crt --key pki/admin.key "$API/readyz"; }

start_control_plane() {
  supervise etcd bin/etcd --data-dir=/var/lib/etcd --unsafe-no-fsync \
    --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379 \
    --listen-peer-urls=http://127.0.0.1:2380

  supervise kube-apiserver bin/kube-apiserver --v=2 \
    --advertise-address="$NODE_IP" --bind-address=0.0.0.0 --secure-port=6443 \
    --etcd-servers=http://127.0.0.1:2379 \
    --service-cluster-ip-range="$SERVICE_RANGE" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --client-ca-file=pki/ca.crt --tls-cert-file=pki/apiserver.crt --tls-private-key-file=pki/apiserver.key \
    --kubelet-certificate-authority=pki/ca.crt --kubelet-preferred-address-types=InternalIP \
    --kubelet-client-certificate=pki/apiserver-kubelet-client.crt \
    --kubelet-client-key=pki/apiserver-kubelet-client.key \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file=pki/service-account.pub \
    --service-account-signing-key-file=pki/service-account.key

  # Earlier they would exit for want of their roles.
  wait_until "$API_READY_S" "the API server" api_ready || { tail -n 20 /var/log/etcd.log /var/log/kube-apiserver.log; exit 1; }

  supervise kube-controller-manager bin/kube-controller-manager --v=2 \
    --kubeconfig=pki/kube-controller-manager.kubeconfig \
    --use-service-account-credentials --leader-elect=false \
    --flex-volume-plugin-dir=/var/lib/kubelet/volume-plugins \
    --root-ca-file=pki/ca.crt --service-account-private-key-file=pki/service-account.key \
    --cluster-signing-cert-file=pki/ca.crt --cluster-signing-key-file=pki/ca.key

  supervise kube-scheduler bin/kube-scheduler --v=2 --kubeconfig=pki/kube-scheduler.kubeconfig --leader-elect=false
}

start_node() {
  supervise kubelet bin/kubelet --v=2 --config=config/kubelet.yaml --kubeconfig=pki/kubelet.kubeconfig \
    --hostname-override="$NODE" --node-ip="$NODE_IP"
  supervise kube-proxy bin/kube-proxy --config=config/kube-proxy.yaml
}

say_who_i_am
mount_all
set_up_network
cd /mnt
supervise containerd containerd --config config/containerd.toml
start_control_plane
start_node
wait
