#!/usr/bin/env bash
# Builds the image of the process that holds a pod's namespaces, once: build/cluster/pause.tar.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

out=build/cluster/pause.tar
image=localhost/logloop/pause:1 # containerd.toml names it
[[ ! $out -nt tests/cluster/pause.c ]] || exit 0
cc -static -Os -s -o build/cluster/pause tests/cluster/pause.c
rm -f "$out"
images/image.sh build/cluster/pause "$image" "oci-archive:$out:$image"
