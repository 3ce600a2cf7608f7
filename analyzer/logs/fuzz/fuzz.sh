#!/usr/bin/env bash
# make fuzz: builds the targets with coverage counters and runs each for FUZZ_SECONDS (60). `fuzz.sh TARGET [libFuzzer options]` runs one.
#
# On the stable compiler: the counters that libFuzzer follows are a pass of LLVM that -Cpasses turns on. Only the sanitizers
# need a nightly one, and code without `unsafe` gains little from them. With cargo-fuzz and a nightly compiler these targets run too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly build=$PWD/../../../build/fuzz
readonly seconds=${FUZZ_SECONDS:-60}
readonly max_input_bytes=65536
readonly input_timeout_s=10
readonly memory_mib=2048

counters=(-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1)
host=$(rustc -vV | awk '/^host:/ { print $2 }')
# With --target the flags are not for build scripts, which have no fuzzer to call. Not --locked: the parser's own dependencies may have changed.
RUSTFLAGS="${counters[*]} --cfg fuzzing" CARGO_TARGET_DIR=$build/target \
  cargo build --quiet --release --target "$host"

run() {
  local target=$1
  shift
  mkdir -p "$build/found/$target" "$build/artifacts/$target"
  # What is found goes below build/; the committed corpus is read only.
  "$build/target/$host/release/$target" -artifact_prefix="$build/artifacts/$target/" -timeout="$input_timeout_s" \
    -rss_limit_mb="$memory_mib" -max_len="$max_input_bytes" -dict=logs.dict "$@" "$build/found/$target" "corpus/$target"
}

if (($#)); then
  run "$@"
  exit
fi
for target in parse mask; do
  echo "fuzzing $target for $seconds s"
  run "$target" -max_total_time="$seconds" -print_final_stats=1
done
