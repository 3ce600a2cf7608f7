#!/usr/bin/env bash
# Builds the static programs and their images: build/images/PART-TAG.tar, or pushed below IMAGE_REGISTRY if that is set.
# Their names go to build/images/values.yaml, for Helm. An image whose program is as before is not built again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly PARTS=(operator analyzer trainer)
readonly IMAGE_MAX_MIB=40
readonly MIB=$((1024 * 1024))
readonly TAG_LENGTH=12

host=$(rustc -vV | sed -n 's/^host: //p')
# With --target the flag spares build scripts and macros, and the usual target/debug stays as it is.
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" \
  cargo build --release --locked --target "$host" "${PARTS[@]/#/--package=logloop-}"
programs=${CARGO_TARGET_DIR:-target}/$host/release

mkdir -p build/images
values=build/images/values.yaml
echo "images:" >"$values.new"
for part in "${PARTS[@]}"; do
  program=$programs/logloop-$part
  size=$(stat -c %s "$program")
  if ((size > IMAGE_MAX_MIB * MIB)); then
    echo "error: the $part image would have $((size / MIB)) MiB; the limit is $IMAGE_MAX_MIB MiB (IMAGE_MAX_MIB)" >&2
    exit 1
  fi
  tag=$(cat "$program" images/Dockerfile | sha256sum | cut -c1-"$TAG_LENGTH")
  image=${IMAGE_REGISTRY:-localhost/logloop}/$part:$tag

  if [[ -n ${IMAGE_REGISTRY:-} ]]; then
    images/image.sh "$program" "$image" "docker://$image"
  elif [[ ! -f build/images/$part-$tag.tar ]]; then
    rm -f "build/images/$part"-*.tar
    images/image.sh "$program" "$image" "oci-archive:build/images/.$part.tar:$image"
    mv "build/images/.$part.tar" "build/images/$part-$tag.tar"
  fi
  echo "  $part: $image" >>"$values.new"
  awk -v image="$image" -v size="$size" -v mib="$MIB" 'BEGIN { printf "    %s  %.1f MiB\n", image, size / mib }'
done
mv "$values.new" "$values"
