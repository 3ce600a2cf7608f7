# shellcheck shell=bash disable=SC2154 # after lib.sh
# Ways from 127.0.0.1 into a cluster's network namespace; sourced by cluster.sh.
# Two socats and a unix socket, which reaches across network namespaces. Both are in the cluster's process namespace,
# so they end with it; the listening one is in the host's network namespace.

readonly FORWARD_START_S=5
readonly FORWARD_TRIES=20
readonly FORWARD_HALF_CLOSED_S=60
readonly FORWARD_RANDOM_PORTS=20000-29999

# enter FLAG...: a command in the cluster's process and mount namespaces.
enter() { nsenter --target "$(init_pid)" --mount --pid "$@"; }

# start_socat PIDFILE FLAG... -- ADDRESS ADDRESS: in the background, its pid (as the cluster sees it) in the file.
start_socat() {
  local pidfile=$1 flags=()
  shift
  while [[ $1 != -- ]]; do flags+=("$1"); shift; done
  shift
  # shellcheck disable=SC2016 # for the inner shell
  LOGLOOP_CLUSTER=$id setsid nsenter --target "$(init_pid)" --mount --pid "${flags[@]}" -- \
    sh -c 'echo $$ >"$0"; exec socat -t "$@"' "$pidfile" "$FORWARD_HALF_CLOSED_S" "$@" \
    </dev/null >>"$state/logs/forward.log" 2>&1 {lock}>&- &
  disown
}

socat_runs() { enter -- pgrep --pidfile "$1" --exact socat; }
stop_socat() { enter -- pkill --pidfile "$1" --exact socat || true; }
free() { [[ -z $(ss -Hltn "sport = :$1") ]]; }

# Whether it is one of ours that listens: another program may have been faster.
listening() {
  local pid
  pid=$(ss -Hltnp "src 127.0.0.1 and sport = :$1" | grep -oP 'pid=\K[0-9]+' | head -n 1)
  [[ -n $pid && $(readlink "/proc/$pid/ns/pid") == "$(readlink "/proc/$(init_pid)/ns/pid")" ]]
}

# forward KEY ADDRESS:PORT WANTED: sets forward_port to the port of 127.0.0.1 that leads there, WANTED if it is free
# (0: any). A way that is there already is kept.
forward() {
  local key=$1 target=$2 wanted=$3 try socket=/run/forward/$1
  local before_target=''
  if [[ -f $state/forwards/$key ]]; then
    read -r forward_port before_target <"$state/forwards/$key"
    if [[ $before_target == "$target" ]] && socat_runs "$socket.in" >/dev/null && socat_runs "$socket.out" >/dev/null; then
      return
    fi
    stop_socat "$socket.in"
    stop_socat "$socket.out"
    wanted=$forward_port
  fi
  start_socat "$socket.out" --net -- "UNIX-LISTEN:$socket,fork,unlink-early" "TCP:$target,nodelay"
  for ((try = 0; try < FORWARD_TRIES; try++)); do
    forward_port=$wanted
    if ((try > 0 || wanted == 0)); then
      forward_port=$(shuf -n 1 -i "$FORWARD_RANDOM_PORTS")
    fi
    free "$forward_port" || continue
    start_socat "$socket.in" -- "TCP-LISTEN:$forward_port,bind=127.0.0.1,reuseaddr,fork,nodelay" "UNIX-CONNECT:$socket"
    if wait_until "$FORWARD_START_S" "port $forward_port" listening "$forward_port"; then
      echo "$forward_port $target" >"$state/forwards/$key"
      return
    fi
  done
  die "found no free port for $key"
}
