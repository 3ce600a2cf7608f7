#!/usr/bin/env bash
# install.sh PART...: installs what the parts (images, cluster, lint, quality, torture, bench, browser, interchange) need and this machine lacks.
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
# program that shows the package is there : Debian package
declare -A needs=(
  [images]="buildah:buildah cc:gcc jq:jq curl:curl make:make"
  [cluster]="containerd:containerd runc:runc /usr/lib/cni/ptp:containernetworking-plugins iptables:iptables
    conntrack:conntrack ipset:ipset socat:socat ip:iproute2 nsenter:util-linux pgrep:procps openssl:openssl"
  [lint]="shellcheck:shellcheck python3:python3"
  [quality]="python3:python3"
  [torture]="python3:python3"
  [browser]="chromium:chromium"
  [interchange]="python3:python3"
  [bench]="python3:python3 rg:ripgrep taskset:util-linux"
)

lacking=()
for part; do
  for need in ${needs[$part]}; do
    command -v "${need%%:*}" >/dev/null || lacking+=("${need##*:}")
  done
done

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
if [[ " $* " == *" lint "* ]] && command -v rustup >/dev/null; then
  for component in rustfmt clippy; do
    rustup component list --installed | grep -q "^$component" || rustup component add "$component"
  done
fi
