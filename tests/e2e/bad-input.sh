# shellcheck shell=bash
# Sourced by e2e.sh: what users get wrong is refused by the API server, or shown with what to do, or answered clearly.
source tests/e2e/lib.sh

# trainingrun NAME SPEC (flow YAML)
trainingrun() { printf 'apiVersion: logloop.dev/v1alpha1\nkind: TrainingRun\nmetadata: { name: %s }\nspec: %s\n' "$1" "$2"; }

trainingrun zero-epochs '{ trainer: { epochs: 0 } }' | refused epochs
trainingrun unknown-model '{ trainer: { models: [oracle] } }' | refused models
trainingrun negative '{ backoffLimit: -1 }' | refused backoffLimit
trainingrun canary '{ rollout: { strategy: Canary } }' | refused strategy
trainingrun first '{ trainer: { epochs: 3 } }' | refused immutable

trainingrun lost-claim '{ source: { claim: nowhere } }' | kubectl apply --filename -
kubectl wait --for=condition=Blocked trainingrun/lost-claim --timeout=30s
message=$(kubectl get trainingrun lost-claim --output 'jsonpath={.status.conditions[?(@.type=="Blocked")].message}')
[[ $message == *nowhere* ]] || fail "the condition does not name the claim: $message"
kubectl delete trainingrun lost-claim

# curl_status STATUS CODE CURL-OPTION...: the answer to an upload, and that nothing was stored or lost.
curl_status() {
  local want=$1 code=$2 got
  shift 2
  # A refusal can come before the body is read: curl asks first (Expect: 100-continue) and is given time for the answer.
  got=$(curl --silent --show-error --max-time 60 --expect100-timeout 30 --output "build/cluster/$CLUSTER/answer" --write-out '%{http_code}' \
    --header "Authorization: Bearer $LOGLOOP_TOKEN" "$@" "$LOGLOOP_URL/api/chat/analyze") ||
    fail "no answer where $want $code was expected (curl ended with $?)"
  [[ $got == "$want" && $(jq --raw-output .error.code "build/cluster/$CLUSTER/answer") == "$code" ]] ||
    fail "expected $want $code, got $got: $(cat "build/cluster/$CLUSTER/answer")"
}
count() { ask /api/chat/stats | jq .stats.total_interactions; }
before=$(count)
curl_status 400 empty_log --data-binary '' --header 'Content-Type: text/plain'
head -c 4096 /dev/zero | curl_status 415 not_text --data-binary @- --header 'Content-Type: application/octet-stream'
head -c $((67 << 20)) /dev/zero | tr '\0' 'a' | curl_status 413 upload_too_large --data-binary @- --header 'Content-Type: text/plain'
head -c $((300 << 20)) /dev/zero | tr '\0' 'a' | gzip -9 | curl_status 413 compression_bomb --data-binary @- --header 'Content-Type: application/gzip'
[[ $(count) == "$before" ]] || fail "a refused upload was counted"
answer=$(printf 'caf\xe9 failed\n' | ask /api/chat/analyze --data-binary @- --header 'Content-Type: text/plain')
[[ $(jq --raw-output '.analysis_results.stats.warnings[0]' <<<"$answer") == *UTF-8* ]] || fail "not UTF-8: $answer"
[[ $(count) == $((before + 1)) ]] || fail "an answered upload was not counted"
