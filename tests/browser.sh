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
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$data"' EXIT
serve() { # serve NAME OPTION...: starts an analyzer with data of its own; sets url
  local name=$1
  shift
  target/debug/logloop-analyzer serve --data "$data/$name" --listen 127.0.0.1:0 "$@" >"$data/$name.log" 2>&1 &
  servers+=($!)
  for _ in {1..100}; do
    url=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$data/$name.log" | head -n 1) && [[ -n $url ]] && return
    sleep 0.1
  done
  echo "the analyzer did not start:" >&2
  cat "$data/$name.log" >&2
  exit 1
}
serve open
node tests/browser/page.mjs "$url" "$@"
serve forgets --keep-nothing
node tests/browser/forgets.mjs "$url"
ann=ann-$(openssl rand -hex 24) rae=rae-$(openssl rand -hex 24)
printf '%s ann analyze,feedback\n%s rae review,feedback\n' "$ann" "$rae" >"$data/tokens"
serve checked --tokens-file "$data/tokens"
node tests/browser/session.mjs "$url" "$ann" "$rae" "$@"
