# shellcheck shell=bash disable=SC2154 # after lib.sh
# The cluster's own parent control group, in cgroup v1 (one in each hierarchy) and v2; sourced by cluster.sh.

readonly CGROUPS=/sys/fs/cgroup
readonly CGROUPS_GONE_S=10

make_cgroups() {
  local hierarchy file controller
  if [[ -f $CGROUPS/cgroup.controllers ]]; then
    for controller in cpu cpuset memory pids hugetlb; do # the ones that the kubelet looks for
      ! grep -qw "$controller" "$CGROUPS/cgroup.controllers" || echo "+$controller" >"$CGROUPS/cgroup.subtree_control"
    done
    mkdir -p "$CGROUPS/$id"
    return
  fi
  while read -r hierarchy; do
    mkdir -p "$hierarchy/$id"
    # A new cpuset is empty, and nothing can run in it.
    for file in cpuset.cpus cpuset.mems; do
      [[ ! -f $hierarchy/$file ]] || cat "$hierarchy/$file" >"$hierarchy/$id/$file"
    done
  done < <(findmnt --noheadings --raw --types cgroup --output TARGET)
}

cgroup_folders() { find "$CGROUPS" -depth -type d \( -name "$id" -o -path "*/$id/*" \) 2>/dev/null; }

try_remove_cgroups() {
  cgroup_folders | xargs -r rmdir 2>/dev/null || true
  [[ -z $(cgroup_folders) ]]
}

# The kernel lets a group go only some time after its last process.
remove_cgroups() { wait_until "$CGROUPS_GONE_S" "the control groups of '$name' to be free" try_remove_cgroups; }
