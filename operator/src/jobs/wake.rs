//! Whether news of a Job, or of one of its pods, are worth a look at their run. Pure.
//!
//! Most are not: that a pod has a node, that its container runs, that a Job whose result is on record is complete. What is
//! told late is told all the same, since a run that waits looks again by itself.

use super::{
    blocked,
    outcome::{has_ended, own},
};
use crate::lean::JOB_NAME;
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::ResourceExt;
use logloop_operator_api::{
    TrainingRun,
    conditions::{self, BLOCKED},
    training_run::{Outcome, Phase},
};

/// Whether a run is to be looked at for news of one of its Jobs. `gone`: the Job is not there any more.
pub fn by_job(run: Option<&TrainingRun>, job: &Job, gone: bool) -> bool {
    let held = || job.spec.as_ref().and_then(|spec| spec.suspend) == Some(true);
    let going = job.metadata.deletion_timestamp.is_some();
    concern(run, &job.name_any()).unwrap_or_else(|| gone || going || has_ended(job) || held())
}

/// Whether a run is to be looked at for news of a pod of one of its Jobs. `gone`: the pod is not there any more.
pub fn by_pod(run: Option<&TrainingRun>, pod: &Pod, gone: bool) -> bool {
    let job = pod.labels().get(JOB_NAME).map(String::as_str);
    let going = pod.metadata.deletion_timestamp.is_some();
    concern(run, job.unwrap_or_default()).unwrap_or_else(|| {
        gone || going || has_failed(pod) || has_terminated(pod) || blocked::of_pod(pod).is_some()
    })
}

/// Whether all that becomes of this Job concerns its run, or nothing; none if it depends.
fn concern(run: Option<&TrainingRun>, job: &str) -> Option<bool> {
    let Some(run) = run else {
        return Some(true);
    };
    let Some(status) = &run.status else {
        return None;
    };
    let step = status.steps.iter().find(|step| step.job_name == job);
    let outcome = step.and_then(|step| step.outcome);
    // What serves, and what has succeeded, is not decided on by a Job any more.
    if status.phase == Some(Phase::RollingOut) || outcome == Some(Outcome::Succeeded) {
        return Some(false);
    }
    let blocked = conditions::is_true(&status.conditions, BLOCKED);
    let stops = run.spec.suspend || outcome.is_some();
    (blocked || stops || status.queued_since.is_some()).then_some(true)
}

fn has_failed(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    status.and_then(|status| status.phase.as_deref()) == Some("Failed")
}

fn has_terminated(pod: &Pod) -> bool {
    let state = own(pod).and_then(|container| container.state.as_ref());
    state.is_some_and(|state| state.terminated.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn run(phase: &str, outcome: Value, more: Value) -> TrainingRun {
        let mut run = json!({"apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": "r"},
            "spec": {}, "status": {"phase": phase, "steps": [{"step": "train", "attempt": 1, "jobName": "j", "jobUid": "u",
                "started": "2026-06-10T12:00:00Z", "outcome": outcome}]}});
        for (key, value) in more.as_object().into_iter().flatten() {
            run["status"][key] = value.clone();
        }
        serde_json::from_value(run).expect("a run")
    }

    fn job(suspend: bool, condition: &str) -> Job {
        let conditions = json!([{"type": condition, "status": "True"}]);
        serde_json::from_value(
            json!({"metadata": {"name": "j"}, "spec": {"suspend": suspend, "template": {}},
            "status": {"conditions": conditions}}),
        )
        .expect("a Job")
    }

    fn pod(phase: &str, state: Value) -> Pod {
        serde_json::from_value(json!({"metadata": {"name": "p", "labels": {JOB_NAME: "j", "logloop.dev/step": "train"}},
            "status": {"phase": phase, "containerStatuses":
                [{"name": "train", "ready": true, "restartCount": 0, "image": "", "imageID": "", "state": state}]}}))
        .expect("a pod")
    }

    #[test]
    fn a_run_is_woken_by_what_it_waits_for() {
        let waits = run("Training", Value::Null, json!({}));
        let running = pod("Running", json!({"running": {}}));
        let jobs = [
            ("made", job(false, "Suspended"), false, false),
            (
                "about to end",
                job(false, "SuccessCriteriaMet"),
                false,
                false,
            ),
            ("held back by a queue", job(true, "Suspended"), false, true),
            ("complete", job(false, "Complete"), false, true),
            ("failed", job(false, "Failed"), false, true),
            ("gone", job(false, "Suspended"), true, true),
        ];
        for (what, job, gone, expected) in jobs {
            assert_eq!(by_job(Some(&waits), &job, gone), expected, "Job: {what}");
        }
        let pods = [
            ("running", running.clone(), false, false),
            (
                "done",
                pod("Succeeded", json!({"terminated": {"exitCode": 0}})),
                false,
                true,
            ),
            (
                "its own container has ended",
                pod("Running", json!({"terminated": {"exitCode": 0}})),
                false,
                true,
            ),
            (
                "evicted",
                pod("Failed", json!({"running": {}})),
                false,
                true,
            ),
            (
                "no image",
                pod("Pending", json!({"waiting": {"reason": "ErrImagePull"}})),
                false,
                true,
            ),
            ("gone", running.clone(), true, true),
        ];
        for (what, pod, gone, expected) in pods {
            assert_eq!(by_pod(Some(&waits), &pod, gone), expected, "pod: {what}");
        }
        let complete = job(false, "Complete");
        let runs = [
            (
                "its result is on record",
                run("Gating", json!("Succeeded"), json!({})),
                false,
                false,
            ),
            (
                "it rolls out",
                run("RollingOut", Value::Null, json!({})),
                false,
                false,
            ),
            (
                "stopped",
                run("Training", json!("Suspended"), json!({})),
                true,
                true,
            ),
            (
                "over, and it still runs",
                run("Failed", json!("Lost"), json!({})),
                true,
                true,
            ),
            (
                "queued",
                run(
                    "Training",
                    Value::Null,
                    json!({"queuedSince": "2026-06-10T12:00:00Z"}),
                ),
                true,
                true,
            ),
            (
                "blocked",
                run(
                    "Training",
                    Value::Null,
                    json!({"conditions": [{"type": "Blocked", "status": "True", "reason": "R",
                "message": "m", "lastTransitionTime": "2026-06-10T12:00:00Z"}]}),
                ),
                true,
                true,
            ),
        ];
        for (what, run, by_running, by_complete) in runs {
            assert_eq!(by_pod(Some(&run), &running, false), by_running, "{what}");
            assert_eq!(by_job(Some(&run), &complete, false), by_complete, "{what}");
        }
        assert!(by_pod(None, &running, false), "its run is not known yet");
        let mut new = waits;
        new.status = None;
        assert!(!by_pod(Some(&new), &running, false) && by_job(Some(&new), &complete, false));
    }
}
