# shellcheck shell=bash
# Sourced by e2e.sh: nobody gets in without a token, and one reads what one sent oneself.
source tests/e2e/lib.sh

# status PATH [CURL OPTION...]: of an answer to nobody in particular.
status() {
  local path=$1
  shift
  curl --silent --output /dev/null --write-out '%{http_code}' "$@" "$LOGLOOP_URL$path"
}
for path in /api/chat/stats /api/chat/interactions /api/models; do
  [[ $(status $path) == 401 ]] || fail "$path answered $(status $path) to nobody"
  [[ $(status $path --header 'Authorization: Bearer wrong-token-wrong-token') == 401 ]] || fail "$path let in a wrong token"
done
for path in / /healthz /readyz /metrics; do
  [[ $(status $path) == 200 ]] || fail "$path answered $(status $path)"
done

admins=$(ask '/api/chat/interactions?limit=1' | jq --raw-output '.interactions[0].id')
LOGLOOP_TOKEN=$(logloop_token user)
mine=$(ask /api/chat/analyze --data-binary 'ERROR: mine' --header 'Content-Type: text/plain' | jq --raw-output .interaction_id)
listed=$(ask /api/chat/interactions | jq --raw-output '[.interactions[].id] | join(" ")')
[[ $listed == "$mine" ]] || fail "a user's list has $listed, expected $mine"
[[ $(ask "/api/chat/interactions/$admins" | jq --raw-output .error.code) == no_such_interaction ]] || fail "a user read an admin's interaction"
[[ $(ask /api/training/export --request POST | jq --raw-output .error.code) == scope_missing ]] || fail "a user made training data"
LOGLOOP_TOKEN=$(logloop_token admin)
ask "/api/chat/interactions/$mine" --fail >/dev/null || fail "an admin could not read a user's interaction"
