//! How long runs take: in each phase, and until their first Job.

use jiff::Timestamp;
use logloop_operator_api::{
    TrainingRun,
    training_run::{Phase, TrainingRunStatus},
};

/// The phase that a run leaves by its next status, and the seconds it was in it. Suspended and queued time is left out,
/// as it is in `phaseSince`.
pub(super) fn left(
    before: Option<&TrainingRunStatus>,
    after: &TrainingRunStatus,
    now: Timestamp,
) -> Option<(Phase, f64)> {
    let before = before?;
    let phase = before.phase.filter(|phase| after.phase != Some(*phase))?;
    let since = before.phase_since.as_ref()?.0;
    Some((phase, seconds(since, now)))
}

/// Seconds from a run's creation to that of its first Job, if the next status is the first that has one.
pub(super) fn queued(run: &TrainingRun, after: &TrainingRunStatus) -> Option<f64> {
    let before = run.status.as_ref();
    if before.is_some_and(|status| !status.steps.is_empty()) {
        return None;
    }
    let first = after.steps.first()?;
    let created = run.metadata.creation_timestamp.as_ref()?.0;
    Some(seconds(created, first.started.0))
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a run are few")]
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    (to.as_second() - from.as_second()).max(0) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn run(status: Value) -> TrainingRun {
        serde_json::from_value(json!({
            "apiVersion": "logloop.dev/v1alpha1", "kind": "TrainingRun", "spec": {}, "status": status,
            "metadata": {"name": "r", "creationTimestamp": "2026-06-10T12:00:00Z"}
        }))
        .expect("a run")
    }

    fn status(status: Value) -> TrainingRunStatus {
        serde_json::from_value(status).expect("a status")
    }

    #[test]
    fn a_phase_is_timed_once_when_it_is_left() {
        let now: Timestamp = "2026-06-10T12:01:40Z".parse().expect("a time");
        let training = json!({"phase": "Training", "phaseSince": "2026-06-10T12:00:00Z"});
        let cases = [
            (json!(null), json!({"phase": "Pending"}), None),
            (training.clone(), training.clone(), None),
            (
                training.clone(),
                json!({"phase": "Gating"}),
                Some((Phase::Training, 100.0)),
            ),
            (
                json!({"phase": "Training", "phaseSince": "2026-06-10T12:09:00Z"}),
                json!({"phase": "Failed"}),
                Some((Phase::Training, 0.0)),
            ),
            (
                json!({"phase": "Training"}),
                json!({"phase": "Failed"}),
                None,
            ),
        ];
        for (before, after, expected) in cases {
            let before = run(before).status;
            assert_eq!(left(before.as_ref(), &status(after), now), expected);
        }
    }

    #[test]
    fn the_first_job_ends_the_wait() {
        let step = |attempt: i32| json!({"step": "export", "attempt": attempt, "jobName": "j", "jobUid": "u", "started": "2026-06-10T12:00:07Z"});
        let (none, one) = (json!({}), json!({"steps": [step(1)]}));
        let two = json!({"steps": [step(1), step(2)]});
        for (before, after, expected) in [
            (json!(null), &one, Some(7.0)),
            (none.clone(), &none, None),
            (none.clone(), &one, Some(7.0)),
            (one.clone(), &two, None),
        ] {
            assert_eq!(queued(&run(before), &status(after.clone())), expected);
        }
    }
}
