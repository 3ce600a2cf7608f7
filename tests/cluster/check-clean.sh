#!/usr/bin/env bash
# check-clean.sh NAME: after `cluster.sh down NAME`, fails if anything of the cluster is left on this machine, and lists
# it. cluster.sh runs `check-clean.sh NAME record` before a start, to tell what others have on this machine.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_cluster "${1:?which cluster}"

# What such a cluster would write without namespaces of its own.
readonly FOREIGN_PATHS=(/etc/cni/net.d /etc/kubernetes /opt/cni /opt/containerd /run/containerd /run/cni /run/flannel
  /run/netns /run/kubernetes /var/lib/cni /var/lib/containerd /var/lib/etcd /var/lib/kubelet /var/log/containers
  /var/log/pods /usr/libexec/kubernetes)

processes() { # marked by their environment, their control group or their arguments
  local folder
  for folder in /proc/[0-9]*; do
    [[ ${folder#/proc/} != "$$" ]] || continue
    if { grep -qzx "LOGLOOP_CLUSTER=$id" "$folder/environ" || grep -q "/$id" "$folder/cgroup" ||
      grep -qzF "$state/" "$folder/cmdline"; } 2>/dev/null; then
      echo "process ${folder#/proc/}: $(tr '\0' ' ' <"$folder/cmdline")"
    fi
  done
}

mounts() { awk -v state="$state/" 'index($5, state) == 1 { print "mount " $5 }' /proc/self/mountinfo; }
control_groups() { find /sys/fs/cgroup -type d -name "$id" -printf 'control group %p\n'; }

state_files() { find "$state" -mindepth 1 -maxdepth 1 -not -name logs -printf 'file %p\n' 2>/dev/null || true; }

# What can't be told from another's by its name: compared with what was there before the start.
unnamed() {
  {
    ip -o link show | grep -oE '^[0-9]+: (cni|veth)[^:@]*' | sed 's/^[0-9]*: /interface /'
    ip -o address show to 10.200.0.0/16 | sed 's/^/address /'
    iptables-save 2>/dev/null | grep -oE '^:(KUBE|CNI)-[^ ]*' | sed 's/^/iptables chain /'
    find "${FOREIGN_PATHS[@]}" -maxdepth 1 -printf 'file %p\n' 2>/dev/null
  } | LC_ALL=C sort
}

before=$repo/build/cluster/$name.before
if [[ ${2:-} == record ]]; then
  unnamed >"$before" || true
  exit
fi

left=$(
  processes
  mounts
  control_groups
  state_files
  [[ ! -f $before ]] || LC_ALL=C comm -13 "$before" <(unnamed || true)
)
if [[ -n $left ]]; then
  echo "left of the cluster '$name' ($id):" >&2
  echo "$left" >&2
  exit 1
fi
echo "nothing is left of the cluster '$name'"
