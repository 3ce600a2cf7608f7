//! What a person can do about a run. Pure.

use kube::ResourceExt;
use logloop_operator_api::{
    TrainingRun,
    conditions::{self, BLOCKED, FINISHED, SUSPENDED},
    training_run::{Outcome, Phase, TrainingRunStatus},
};

/// Commands and other ways on, one a line.
pub(crate) fn of(run: &TrainingRun) -> Vec<String> {
    let name = run.name_any();
    let status = run.status.clone().unwrap_or_default();
    let phase = status.phase.unwrap_or_default();
    let reason = conditions::find(&status.conditions, FINISHED)
        .map(|finished| finished.reason.clone())
        .unwrap_or_default();
    let mut hints = Vec::new();
    if conditions::is_true(&status.conditions, SUSPENDED) {
        hints.push(format!(
            "go on: kubectl patch trainingrun {name} --type merge -p '{{\"spec\":{{\"suspend\":false}}}}'"
        ));
    }
    if failed_step(&status) {
        hints.push(format!("what the Job said: kubectl logloop logs {name}"));
    }
    match phase {
        Phase::Failed | Phase::RolledBack => {
            hints.push(format!(
                "once that is mended: kubectl logloop retrain --like {name}"
            ));
        }
        Phase::Skipped if reason == "Unchanged" => hints.push(format!(
            "train all the same: kubectl logloop retrain --like {name} --even-unchanged"
        )),
        Phase::Succeeded if reason == "Published" => {
            let version = status.model.as_ref().map(|model| &*model.version);
            hints.push(format!(
                "bring it into service: kubectl logloop promote {}",
                version.unwrap_or("VERSION")
            ));
        }
        Phase::Rejected => hints.push(format!(
            "each metric of the gate: kubectl get trainingrun {name} -o jsonpath='{{.status.gate}}'"
        )),
        _ => {}
    }
    if !phase.is_terminal() {
        hints.push(format!(
            "give it up: kubectl delete trainingrun {name}; what serves goes on serving"
        ));
    }
    if conditions::is_true(&status.conditions, BLOCKED) {
        hints.push("it goes on by itself once what blocks it is gone".into());
    }
    hints
}

fn failed_step(status: &TrainingRunStatus) -> bool {
    let last = status.steps.last().and_then(|step| step.outcome);
    matches!(last, Some(Outcome::Failed | Outcome::Lost))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_end_has_its_way_on() {
        let condition = |kind: &str, reason: &str| json!([{"type": kind, "status": "True", "reason": reason, "message": "", "lastTransitionTime": "2026-06-10T12:00:00Z"}]);
        let failed = json!([{"step": "train", "attempt": 1, "jobName": "j", "jobUid": "u", "started": "2026-06-10T12:00:00Z", "outcome": "Failed"}]);
        let cases = [
            (
                json!({"phase": "Failed", "steps": failed}),
                vec!["logs first", "retrain --like first"],
            ),
            (
                json!({"phase": "Skipped", "conditions": condition("Finished", "Unchanged")}),
                vec!["--even-unchanged"],
            ),
            (
                json!({"phase": "Skipped", "conditions": condition("Finished", "TooFewExamples")}),
                vec![],
            ),
            (json!({"phase": "Rejected"}), vec![".status.gate"]),
            (
                json!({"phase": "Training", "conditions": condition("Suspended", "Suspended")}),
                vec!["\"suspend\":false", "delete trainingrun first"],
            ),
            (
                json!({"phase": "Training", "conditions": condition("Blocked", "Unschedulable")}),
                vec!["delete", "by itself"],
            ),
            (json!({"phase": "Succeeded"}), vec![]),
            (
                json!({"phase": "Succeeded", "conditions": condition("Finished", "Published"),
                    "model": {"version": "first-1", "digest": "d"}}),
                vec!["promote first-1"],
            ),
        ];
        for (status, expected) in cases {
            let run: TrainingRun = serde_json::from_value(json!({
                "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": "first"},
                "spec": {}, "status": status
            }))
            .expect("a run");
            let found = of(&run);
            assert_eq!(found.len(), expected.len(), "{status}: {found:?}");
            for (hint, words) in found.iter().zip(expected) {
                assert!(hint.contains(words), "{status}: {hint}");
            }
        }
    }
}
