#!/usr/bin/env bash
# main-job.sh: the whole loop on real input, against a release that is ready. Can be run again at any time.
# Needs CLUSTER, LOGLOOP_URL, LOGLOOP_TOKEN (of an admin) and LOGLOOP_NAMESPACE, and kubectl for that cluster (see cluster/env.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly RUN_TIMEOUT=15m           # an export, a training and an evaluation
readonly RETENTION_TIMEOUT=5m
readonly REQUEST_TIMEOUT=120       # seconds, one request
readonly MAX_LOG_BYTES=$((8 << 20)) # of each log, its end
readonly PASTE_GAP=5               # seconds, so that retention can tell the first paste from what follows
readonly SEAL_WAIT=40              # seconds, --seal-age of the test clusters and some more
readonly MOST_CORRECTIONS=25        # of each kind in one log
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { echo; echo "  -- $* ($SECONDS s)"; }
die() { echo "error: $*" >&2; exit 1; }
api() { # api METHOD PATH [CURL OPTION...]: prints the answer; an error status is fatal and told
  local method=$1 path=$2 status
  shift 2
  status=$(curl --silent --show-error --max-time "$REQUEST_TIMEOUT" --request "$method" --output "$work/answer" \
    --header "Authorization: Bearer $LOGLOOP_TOKEN" --write-out '%{http_code}' "$@" "$LOGLOOP_URL$path")
  [[ $status == 2* ]] || { cat "$work/answer" >&2; die "$method $path answered $status"; }
  cat "$work/answer"
}
upload() { api POST /api/chat/analyze --form "user_query=$2" --form "file=@$1"; }
paste_log() { # paste_log FILE QUESTION
  jq --null-input --rawfile log "$1" --arg query "$2" '{user_query: $query, log_content: $log, log_filename: "pasted.log"}' >"$work/body"
  api POST /api/chat/analyze --header 'Content-Type: application/json' --data-binary "@$work/body"
}
summary() {
  jq --raw-output '"     \(.analysis_results.stats | "\(.total_lines) lines (\(.format)), \(.total_failures) failing in \(.total_templates) templates"), by \(.model_version)"
    + ([.analysis_results.failures[] | "; first cause, line \(.line): \(.template[0:90])"][0] // "")'
}
run() { # run NAME FILE: applies a TrainingRun afresh and waits for its end
  kubectl delete trainingrun "$1" --ignore-not-found >/dev/null
  kubectl apply --filename "$2"
  kubectl wait --for=condition=Finished "trainingrun/$1" --timeout="$RUN_TIMEOUT" >/dev/null ||
    { kubectl describe trainingrun "$1" >&2; kubectl get jobs,pods >&2; die "trainingrun/$1 did not end"; }
}
field() { kubectl get "$1" "$2" --output "jsonpath={$3}"; }

say "Collecting the cluster's own logs"
logs=$work/logs
mkdir "$logs"
if [[ $CLUSTER == current ]]; then
  while read -r pod; do
    kubectl logs --namespace kube-system "$pod" --tail=20000 >"$logs/$pod.log" 2>/dev/null || true
  done < <(kubectl get pods --namespace kube-system --output 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' | head -n 8)
  kubectl logs deployment/logloop-operator >"$logs/logloop-operator.log"
else
  for name in kube-apiserver kubelet containerd kube-controller-manager kube-scheduler etcd kube-proxy; do
    [[ ! -s build/cluster/$CLUSTER/logs/$name.log ]] ||
      tail -c "$MAX_LOG_BYTES" "build/cluster/$CLUSTER/logs/$name.log" >"$logs/$name.log"
  done
fi
find "$logs" -size 0 -delete
(cd "$logs" && wc -lc -- *.log | sed 's/^/     /')

analyzer_pods() {
  kubectl get pods --selector app.kubernetes.io/component=analyzer --output \
    'jsonpath={range .items[*]}{.metadata.uid} restarts={.status.containerStatuses[0].restartCount}{"\n"}{end}'
}
pods_before=$(analyzer_pods)

say "Analysing them through the Service: one pasted, the others uploaded"
before=$(api GET /api/chat/stats | jq .stats.total_interactions)
asked=0 ids=()
for log in "$logs"/*.log; do
  echo "   $(basename "$log")"
  if ((asked == 0)); then
    tail -n 300 "$log" >"$work/pasted.log"
    paste_log "$work/pasted.log" "What went wrong here?" >"$work/first.json"
    summary <"$work/first.json"
    ids+=("$(jq --raw-output .interaction_id "$work/first.json")")
    pasted_at=$(date +%s)
    asked=1
    sleep "$PASTE_GAP"
  fi
  upload "$log" "What failed first?" >"$work/one.json"
  summary <"$work/one.json"
  ids+=("$(jq --raw-output .interaction_id "$work/one.json")")
  asked=$((asked + 1))
done
after=$(api GET /api/chat/stats | jq .stats.total_interactions)
((after == before + asked)) || die "$asked logs were analysed, but the count went from $before to $after"
say "Kept: GET /api/chat/stats"
api GET /api/chat/stats | jq --compact-output '.stats | {total_interactions, total_logs_analyzed, total_failures_detected, data_file_size_mb}' | sed 's/^/     /'

say "Training on them: kubectl apply -f examples/trainingrun.yaml"
run first examples/trainingrun.yaml
[[ $(field trainingrun first .status.phase) == Succeeded ]] ||
  { kubectl get trainingrun first --output yaml >&2; die "trainingrun/first ended as $(field trainingrun first .status.phase)"; }
kubectl wait --for=condition=Complete trainingrun/first --timeout=5s
kubectl wait --for=condition=Complete jobs --selector logloop.dev/run=first --timeout=60s >/dev/null
for step in export train; do
  [[ $(kubectl get pods --selector "logloop.dev/run=first,logloop.dev/step=$step" --output 'jsonpath={.items[*].status.phase}') == Succeeded ]] ||
    die "no pod of the $step Job has succeeded"
done
kubectl get jobs,pods --selector logloop.dev/run=first | sed 's/^/     /'
version=$(field trainingrun first .status.model.version)
digest=$(field trainingrun first .status.model.digest)

say "In service: GET /api/models"
api GET /api/models >"$work/models.json"
jq --compact-output '{loaded, generation}' "$work/models.json" | sed 's/^/     /'
[[ $(jq --raw-output .loaded.stable.version "$work/models.json") == "$version" ]] || die "the analyzer has not loaded $version"
[[ $(jq --raw-output .loaded.stable.digest "$work/models.json") == "$digest" ]] || die "the analyzer loaded another digest than $digest"
[[ $(analyzer_pods) == "$pods_before" ]] || die "an analyzer pod was restarted: $pods_before, now $(analyzer_pods)"
paste_log "$work/pasted.log" "And now?" >"$work/again.json"
[[ $(jq --raw-output .model_version "$work/again.json") == "$version" ]] || die "the next analysis was not made by $version"
echo "     the next analysis was made by $(jq --raw-output .model_version "$work/again.json"), and no pod was restarted"

say "Saying what was right and wrong: PUT /api/chat/interactions/ID/feedback"
corrected=0
for id in "${ids[@]}"; do
  # What was found is confirmed, but for a start-up's refused connections, which are harmless here; and some of
  # the lines that were not found are said to be fine, one in so many that they come from all over the log.
  api GET "/api/chat/interactions/$id" | jq --argjson most "$MOST_CORRECTIONS" '.interaction
    | (.analysis_results.failures | map(.lines[]) ) as $failed
    | [range(1; .analysis_results.stats.total_lines + 1)] as $all
    | (.log_content | split("\n")) as $text
    | ($all - $failed | map(select($text[. - 1] | test("^I[0-9]{4} |level=info|\"level\":\"info\""))) | . as $fine
        | [range(0; length; (length / $most | ceil | if . < 1 then 1 else . end)) | $fine[.]]) as $sampled
    | {is_useful: true, corrections: (
        [.analysis_results.failures[:$most][] | {line, is_failure: (.error_patterns | index("connection_refused") | not)}]
        + ($sampled | map({line: ., is_failure: false})))}' >"$work/said.json"
  count=$(jq '.corrections | length' "$work/said.json")
  corrected=$((corrected + count))
  api PUT "/api/chat/interactions/$id/feedback" --header 'Content-Type: application/json' --data-binary "@$work/said.json" >/dev/null
done
echo "     $corrected lines got a word; $(api GET /api/chat/stats | jq .stats.corrected_templates) templates are corrected"

say "Training again, with a gate: kubectl apply -f examples/trainingrun-gated.yaml"
run gated examples/trainingrun-gated.yaml
verdict=$(field trainingrun gated .status.gate.verdict)
[[ $verdict == Pass || $verdict == Fail || $verdict == Insufficient ]] ||
  { kubectl get trainingrun gated --output yaml >&2; die "the gate gave no verdict: \"$verdict\""; }
echo "     $verdict: $(field trainingrun gated .status.gate.reason)"

say "Retention, only told: kubectl apply -f examples/dataretention-dryrun.yaml"
kubectl delete dataretention preview first-paste --ignore-not-found >/dev/null
kubectl apply --filename examples/dataretention-dryrun.yaml
kubectl wait --for=condition=Succeeded dataretention/preview --timeout="$RETENTION_TIMEOUT" >/dev/null ||
  { kubectl describe dataretention preview >&2; die "dataretention/preview did not end"; }
echo "     $(field dataretention preview .status.lastResult.message)"

say "Retention of what is as old as the first paste: first told, then done by a Job"
# Segments are sealed by age; only sealed ones are pruned.
while (($(date +%s) < pasted_at + SEAL_WAIT)); do sleep 1; done
kept_before=$(api GET /api/chat/stats | jq .stats.total_interactions)
for dry_run in true false; do
  kubectl apply --filename - >/dev/null <<END
apiVersion: logloop.dev/v1alpha1
kind: DataRetention
metadata:
  name: first-paste
spec:
  dryRun: $dry_run
  keep:
    maxAge: $(($(date +%s) - pasted_at - 1))s # and nothing younger
END
  kubectl wait "--for=jsonpath={.status.lastResult.dryRun}=$dry_run" dataretention/first-paste --timeout="$RETENTION_TIMEOUT" >/dev/null ||
    { kubectl describe dataretention first-paste >&2; die "dataretention/first-paste did not end"; }
  echo "     $(field dataretention first-paste .status.lastResult.message)"
done
kubectl get jobs --selector logloop.dev/retention=first-paste | sed 's/^/     /'
removed=$(field dataretention first-paste .status.lastResult.removedInteractions)
# The analyzer sees within seconds what another process removed.
for _ in {1..20}; do
  kept=$(api GET /api/chat/stats | jq .stats.total_interactions)
  ((kept != kept_before - removed)) || break
  sleep 1
done
((removed > 0 && kept == kept_before - removed)) || die "$removed were said to be removed, but the count went from $kept_before to $kept"
status=$(curl --silent --output /dev/null --write-out '%{http_code}' --header "Authorization: Bearer $LOGLOOP_TOKEN" \
  "$LOGLOOP_URL/api/chat/interactions/${ids[0]}")
[[ $status == 404 ]] || die "the first interaction is still there ($status)"

say "The proof"
kubectl get trainingruns,modelversions,dataretentions
url=$LOGLOOP_URL
[[ $CLUSTER != current ]] || url=http://127.0.0.1:5000
cat <<END

  $(api GET /api/models | jq --raw-output .loaded.stable.version) was trained here, on this cluster's own logs, and answers now.
  The page:        $url, signed in with the token that this prints:
                   kubectl get secret logloop-access -o jsonpath='{.data.admin}' | base64 -d
  Analyse a file:  curl -H "Authorization: Bearer \$TOKEN" -F file=@some.log $url/api/chat/analyze
  What it keeps:   curl -H "Authorization: Bearer \$TOKEN" $url/api/chat/stats
  Train again:     sed 's/name: first/name: second/' examples/trainingrun.yaml | kubectl apply -f -
  Look closer:     kubectl describe trainingrun first
END
if [[ $CLUSTER == current ]]; then
  echo "  First:           kubectl port-forward service/logloop-analyzer 5000"
else
  cat <<END
  First:           export KUBECONFIG=build/cluster/$CLUSTER/kubeconfig PATH=build/cluster/bin:\$PATH
  Away with it:    make down
END
fi
