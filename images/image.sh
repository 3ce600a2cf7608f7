#!/usr/bin/env bash
# image.sh PROGRAM NAME:TAG ARCHIVE: one static program as an image, in an OCI archive. Needs no registry.
set -euo pipefail
program=$1 image=$2 archive=$3
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Storage of our own, so that nothing is left outside build/; without device mapper, FUSE or namespaces of its own.
buildah=(buildah --root "$PWD/build/images/.storage" --runroot "$PWD/build/images/.run" --storage-driver vfs)
mkdir -p build/images "$(dirname "$archive")"
context=$(mktemp -d -p build/images)
trap 'rm -rf "$context"' EXIT
install -m 0755 "$program" "$context/program"

"${buildah[@]}" bud --isolation chroot --quiet --timestamp 0 --build-arg BINARY=program \
  --tag "$image" --file images/Dockerfile "$context" >/dev/null
rm -f "$archive"
"${buildah[@]}" push --quiet "$image" "oci-archive:$archive:$image"
"${buildah[@]}" rmi --force "$image" >/dev/null
