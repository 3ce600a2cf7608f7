# shellcheck shell=bash
# Sourced by e2e.sh: a trainer that fails leaves its last words, and the analyzer goes on with the version before.
source tests/e2e/lib.sh

version=$(serving)
# Enough to train on, whatever retention has left: reading it takes little memory, a network does not. No two lines share a word
# of the three, so that each is a statement of its own.
words=(alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo)
for n in "${!words[@]}"; do
  said=("${words[n]}" "${words[(2 * n + 1) % 11]}" "${words[(3 * n + 1) % 11]}")
  printf 'ERROR %s refused %s: connection lost to %s\n' "${said[@]}"
  printf 'INFO %s answered %s: all is well with %s\n' "${said[@]}"
done | ask /api/chat/analyze --fail --data-binary @- --header 'Content-Type: text/plain' >/dev/null
wrong_image=$(sed -n 's/^  analyzer: //p' build/images/values.yaml)
kubectl apply --filename - <<END
apiVersion: logloop.dev/v1alpha1
kind: TrainingRun
metadata: { name: wrong-image }
spec: { trainer: { image: "$wrong_image" } }
---
apiVersion: logloop.dev/v1alpha1
kind: TrainingRun
metadata: { name: too-little-memory }
spec: { backoffLimit: 1, trainer: { resources: { limits: { memory: 6Mi } } } }
END
for run in wrong-image too-little-memory; do
  kubectl wait --for=condition=Finished "trainingrun/$run" --timeout=180s
  [[ $(kubectl get trainingrun $run --output 'jsonpath={.status.phase}') == Failed ]] || fail "$run did not fail"
done
message=$(kubectl get trainingrun wrong-image --output 'jsonpath={.status.message}')
[[ $message == *"unrecognized subcommand"* ]] || fail "not the container's last words: $message"
message=$(kubectl get trainingrun too-little-memory --output 'jsonpath={.status.message}')
[[ $message == *OOM* || $message == *137* ]] || fail "the message does not tell of the memory: $message"
attempts=$(kubectl get jobs --selector logloop.dev/run=too-little-memory,logloop.dev/step=train --output name | wc -l)
((attempts == 2)) || fail "backoffLimit 1 means two attempts, there were $attempts"
[[ $(serving) == "$version" ]] || fail "the analyzer does not serve $version any more"
ask /api/chat/analyze --fail --data-binary 'ERROR: still here' --header 'Content-Type: text/plain' >/dev/null
