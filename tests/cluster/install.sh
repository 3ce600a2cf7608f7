#!/usr/bin/env bash
# Installs what the test cluster needs and this machine lacks: Debian packages, and the Rust components that make lint uses.
set -euo pipefail

# program that shows the package is there : Debian package
needs=(
  containerd:containerd
  runc:runc
  iptables:iptables
  conntrack:conntrack
  ipset:ipset
  socat:socat
  buildah:buildah
  shellcheck:shellcheck
  openssl:openssl
  jq:jq
  curl:curl
  ip:iproute2
  nsenter:util-linux
  cc:gcc
  make:make
)

lacking=()
for need in "${needs[@]}"; do
  command -v "${need%%:*}" >/dev/null || lacking+=("${need##*:}")
done
[[ -x /usr/lib/cni/ptp || -x /opt/cni/bin/ptp ]] || lacking+=(containernetworking-plugins)

if ((${#lacking[@]})); then
  command -v apt-get >/dev/null || { echo "install these first: ${lacking[*]}" >&2; exit 1; }
  ((EUID == 0)) || { echo "to install ${lacking[*]}, run this as root" >&2; exit 1; }
  echo "installing: ${lacking[*]}"
  containerd_was_there=$(command -v containerd || true)
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${lacking[@]}" >/dev/null
  # The test cluster runs a containerd of its own; the package's service was not asked for.
  if [[ -z $containerd_was_there && -d /run/systemd/system ]]; then
    systemctl disable --now containerd.service
  fi
fi

for tool in go cargo; do
  command -v "$tool" >/dev/null || { echo "$tool is needed; install it first (see README.md)" >&2; exit 1; }
done
if command -v rustup >/dev/null; then
  for component in rustfmt clippy; do
    rustup component list --installed | grep -q "^$component" || rustup component add "$component"
  done
fi
