#!/usr/bin/env bash
# The page in a real browser: upload, answer, a good run, feedback. Skips where there is no Node.js.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v npm >/dev/null; then
  echo "the page's browser test is skipped: npm (Node.js 18 or newer) is not installed"
  exit 0
fi
tests/cluster/install.sh browser
cargo build --quiet --locked -p logloop-analyzer
(cd tests/browser && npm ci --silent --no-audit --no-fund)

data=$(mktemp -d)
log=$data/serve.log
target/debug/logloop-analyzer serve --data "$data/data" --listen 127.0.0.1:0 >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$data"' EXIT
for _ in {1..100}; do
  url=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$log" | head -n 1) && [[ -n $url ]] && break
  sleep 0.1
done
[[ -n ${url:-} ]] || { echo "the analyzer did not start:" >&2; cat "$log" >&2; exit 1; }
node tests/browser/page.mjs "$url" "$@"
