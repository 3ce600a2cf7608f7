#!/usr/bin/env bash
# Redaction in MB/s on one core, and the ratio to the same rules as plain regular expressions, in one run.
# FILES (optional): logs of which it says what was replaced. MIB: size of each generated log.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --quiet --locked --release --package logloop-redaction --example redaction_bench
exec target/release/examples/redaction_bench "${MIB:-32}" "$@"
