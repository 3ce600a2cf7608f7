# shellcheck shell=bash disable=SC2034 # its variables are for the scripts that source it
# Names, places and waiting; sourced by the scripts beside it.

PATH=$PATH:/usr/sbin:/sbin # iptables and others; some shells lack it
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
scripts=$repo/tests/cluster
bin=$repo/build/cluster/bin

readonly NODE_IP=10.200.0.1 # on the loopback interface of the cluster's own network namespace
readonly API_READY_S=90

say() { echo "    $*"; }
die() { echo "error: $*" >&2; exit 1; }

# Sets what follows from a cluster's name. Two checkouts may have clusters of one name: the id tells them apart.
use_cluster() {
  name=$1
  [[ $name =~ ^[a-z][a-z0-9]{0,19}$ ]] || die "a cluster's name is 1 to 20 lower-case letters and digits, not '$name'"
  state=$repo/build/cluster/$name
  id=logloop-$name-$(sha256sum <<<"$repo" | cut -c1-6)
  kubeconfig=$state/kubeconfig
}

# wait_until SECONDS WHAT COMMAND...: polls, and fails when the time is up.
readonly POLL_INTERVAL_S=0.1
wait_until() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= deadline)); then
      echo "error: gave up waiting for $what" >&2
      return 1
    fi
    sleep "$POLL_INTERVAL_S"
  done
}

# start_time PID: clock ticks since boot; with the pid it names one process for ever.
start_time() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) } # the program's name may hold spaces
  awk '{ print $20 }' <<<"$stat"
}

# Prints the pid of the cluster's init if it is alive.
init_pid() {
  local pid started
  [[ -f $state/init ]] || return 1
  read -r pid started <"$state/init"
  [[ -n $started && $(start_time "$pid") == "$started" ]] || return 1
  echo "$pid"
}
