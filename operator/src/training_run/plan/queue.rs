//! A Job that a queue such as Kueue holds back: its `suspend` belongs to the queue, and is only looked at.

use super::Draft;
use crate::clock;
use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt;
use logloop_operator_api::labels;

/// Takes down since when the Job of the attempt is held back. The time in the queue does not count for the phase.
pub(super) fn look(draft: &mut Draft<'_>) {
    let open = draft.status.steps.last();
    let waits = open.is_some_and(|step| step.outcome.is_none())
        && draft.facts.attempt.job.as_ref().is_some_and(is_held);
    let now = draft.facts.now;
    if waits {
        draft
            .status
            .queued_since
            .get_or_insert_with(|| clock::time(now));
    } else if let Some(since) = draft.status.queued_since.take() {
        draft.shift_phase(since.0);
    }
}

/// What a Job waits for that is held back, in words.
pub(super) fn words(job: Option<&Job>) -> Option<String> {
    let job = job.filter(|job| is_held(job))?;
    let name = job.name_any();
    Some(match job.labels().get(labels::QUEUE) {
        Some(queue) => format!("Job {name} waits in the queue {queue} until it is admitted"),
        None => format!(
            "Job {name} was suspended by somebody else; it goes on when its own spec.suspend is false again"
        ),
    })
}

fn is_held(job: &Job) -> bool {
    job.spec.as_ref().and_then(|spec| spec.suspend) == Some(true)
}
