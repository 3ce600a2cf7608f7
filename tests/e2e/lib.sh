# shellcheck shell=bash
# To be sourced by the end-to-end tests.

fail() { echo "not ok - $*" >&2; exit 1; }

# refused NEEDLE: applies what comes on standard input; the API server must refuse it with a message that has NEEDLE.
refused() {
  local output
  if output=$(kubectl apply --filename - 2>&1); then fail "this should have been refused: $output"; fi
  [[ $output == *"$1"* ]] || fail "expected \"$1\" in: $output"
}

# until_true SECONDS COMMAND...: waits until the command succeeds.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.5
  done
}

# ask PATH [CURL OPTION...]: a request of an admin.
ask() {
  local path=$1
  shift
  curl --silent --header "Authorization: Bearer $LOGLOOP_TOKEN" "$@" "$LOGLOOP_URL$path"
}
serving() { ask /api/models | jq --raw-output .loaded.stable.version; }
