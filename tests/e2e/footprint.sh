# shellcheck shell=bash
# Sourced by e2e.sh: what the operator needs when it has nothing to do. Printed, and bounded.
source tests/e2e/lib.sh

readonly OPERATOR_MAX_RSS_KIB=$((30 * 1024))
# In the cluster's own process namespace: another cluster may run beside it.
node() { nsenter --target "$(cut -d' ' -f1 "build/cluster/$CLUSTER/init")" --mount --pid -- "$@"; }
rss_kib() { node sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(node pgrep --full "^/program $1" | head -n 1)/status"; }

operator=$(rss_kib run) analyzer=$(rss_kib serve)
echo "    resident memory: operator $((operator / 1024)) MiB, analyzer $((analyzer / 1024)) MiB"
((operator <= OPERATOR_MAX_RSS_KIB)) || fail "the operator has $operator KiB, the bound is $OPERATOR_MAX_RSS_KIB KiB"
