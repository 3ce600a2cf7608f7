#!/usr/bin/env bash
# Builds the programs of the test cluster (see go.mod) into build/cluster/bin, once per go.mod, go.sum and flags.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

bin=../../build/cluster/bin
mkdir -p "$bin"

module_version() { awk -v m="$1" '$1 == m && $2 ~ /^v/ { print $2; exit }' go.mod; }

kubernetes=$(module_version k8s.io/kubernetes)
minor=${kubernetes#v1.}
ldflags="-s -w -X helm.sh/helm/v4/internal/version.version=$(module_version helm.sh/helm/v4)"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  ldflags+=" -X $package.gitVersion=$kubernetes -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*}"
done
flags=(-trimpath -buildvcs=false -ldflags "$ldflags")

# The one list of packages is the tool block of go.mod.
mapfile -t packages < <(awk '/^tool \(/ { on = 1; next } /^\)/ { on = 0 } on { print $1 }' go.mod)

# Two callers (make up and make test) must not build at once.
exec 9>"$bin/.lock"
flock 9

stamp=$({ cat go.mod go.sum; printf '%s\n' "${flags[@]}" "${packages[@]}"; go env GOARCH; } | sha256sum | cut -d' ' -f1)
if [[ -f $bin/.stamp && $(<"$bin/.stamp") == "$stamp" ]]; then
  echo "cluster programs: up to date ($kubernetes)"
  exit 0
fi

echo "cluster programs: building $kubernetes (about ten minutes when nothing is cached)"
rm -f "$bin/.stamp"
CGO_ENABLED=0 GOFLAGS='' go build -mod=readonly "${flags[@]}" -o "$bin/" "${packages[@]}"
mv "$bin/server" "$bin/etcd" # go names a program by its folder
echo "$stamp" >"$bin/.stamp"
