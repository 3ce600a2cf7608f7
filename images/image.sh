#!/usr/bin/env bash
# image.sh PROGRAM IMAGE DESTINATION: one static program as an image, sent to oci-archive:PATH:IMAGE or docker://IMAGE.
set -euo pipefail
program=$1 image=$2 destination=$3
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$PWD/build/images/.buildah
mkdir -p "$work"/{tmp,var-lib}
export TMPDIR=$work/tmp
# root's buildah keeps a cache in /var/lib, whatever its flags say.
if ((EUID == 0)) && [[ -z ${IMAGE_PRIVATE:-} ]]; then
  # shellcheck disable=SC2016 # for the inner shell
  IMAGE_PRIVATE=1 exec unshare --mount --propagation private \
    sh -c 'mount --bind "$0" /var/lib && exec "$@"' "$work/var-lib" images/image.sh "$@"
fi

# No device mapper, FUSE or user namespaces needed.
buildah=(buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs)
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
install -m 0755 "$program" "$context/program"

"${buildah[@]}" bud --isolation chroot --quiet --timestamp 0 --tag "$image" --file images/Dockerfile "$context" >/dev/null
"${buildah[@]}" push --quiet "$image" "$destination"
"${buildah[@]}" rmi --force "$image" >/dev/null
