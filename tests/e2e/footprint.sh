# shellcheck shell=bash
# Sourced by e2e.sh: what the operator needs when it has nothing to do. Printed, and bounded.
source tests/e2e/lib.sh

readonly OPERATOR_MAX_RSS_KIB=$((30 * 1024))
pid=$(pgrep --full '^/program run' | head -n 1)
rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
echo "    the operator's resident memory: $((rss / 1024)) MiB; the analyzer's: $(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$(pgrep --full '^/program serve' | head -n 1)/status") MiB"
((rss <= OPERATOR_MAX_RSS_KIB)) || fail "the operator has $rss KiB, the bound is $OPERATOR_MAX_RSS_KIB KiB"
