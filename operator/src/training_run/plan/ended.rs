//! After the end: stop what still runs, let go of the target, and go away when it is time.

use super::{Draft, Effect};
use crate::clock;
use logloop_operator_api::training_run::Outcome;

/// Decides what is left to do.
pub(super) fn plan(draft: &mut Draft<'_>) {
    let running = still_running(draft);
    if !running.is_empty() {
        draft.effect(Effect::StopJobs(running));
    }
    if draft
        .facts
        .held
        .owner()
        .is_some_and(|(_, uid)| uid == draft.uid())
    {
        draft.effect(Effect::ReleaseTarget);
    }
    let ended = draft.status.completion_time.as_ref().map(|time| time.0);
    if let (Some(ttl), Some(ended)) = (draft.facts.run.spec.ttl_seconds_after_finished, ended) {
        let gone = clock::after(ended, ttl);
        if draft.facts.now >= gone {
            draft.effect(Effect::DeleteRun);
        } else {
            draft.look_again(clock::until(gone, draft.facts.now));
        }
    }
}

/// Jobs that nobody waits for any more. One whose success is on record ends by itself a moment after its pod; it
/// stays, with its log, for people to look at.
fn still_running(draft: &Draft<'_>) -> Vec<String> {
    let succeeded = |name: &String| {
        let steps = &draft.status.steps;
        steps
            .iter()
            .any(|step| step.job_name == *name && step.outcome == Some(Outcome::Succeeded))
    };
    let unfinished = draft.facts.unfinished.iter();
    unfinished
        .filter(|name| !succeeded(name))
        .cloned()
        .collect()
}
