//! Suspended: what runs is stopped, nothing is started, no deadline counts.

use super::{Draft, Effect, step};
use crate::clock;
use logloop_operator_api::{
    conditions::{self, SUSPENDED},
    training_run::{Outcome, Phase},
};

/// What a person does to go on.
const CLEARS: &str = "set spec.suspend to false to go on";

/// Stops.
pub(super) fn plan(draft: &mut Draft<'_>) {
    let now = clock::time(draft.facts.now);
    let status = &mut draft.status;
    if status.phase.is_none() {
        status.phase = Some(Phase::Pending);
        status.phase_since = Some(now.clone());
        status.start_time = Some(now.clone());
    }
    status.suspended_since.get_or_insert(now);
    status.queued_since = None;
    draft.unblocked("Suspended");
    draft.condition(SUSPENDED, true, "Suspended", "spec.suspend is true");
    let open = draft.status.steps.last().cloned();
    match open {
        Some(record) if record.outcome.is_none() => {
            // A result that was given counts; one that was not is stopped.
            if step::settled(draft, &record) {
                if !draft.phase().is_terminal() {
                    say(draft, "suspended");
                }
            } else {
                step::stop(draft);
                say(
                    draft,
                    &format!("suspended; stopping Job {}", record.job_name),
                );
            }
        }
        Some(record) if record.outcome == Some(Outcome::Suspended) && draft.lingers() => {
            halt(draft, &record.job_name);
            say(
                draft,
                &format!("suspended; Job {} is ending", record.job_name),
            );
        }
        _ => {
            stop_unrecorded(draft);
            say(draft, "suspended");
        }
    }
}

/// A Job that was created before the status could say so.
fn stop_unrecorded(draft: &mut Draft<'_>) {
    let recorded = |name: &String| draft.status.steps.iter().any(|step| step.job_name == *name);
    let unfinished = draft.facts.unfinished.iter();
    let strays: Vec<String> = unfinished.filter(|name| !recorded(name)).cloned().collect();
    if !strays.is_empty() {
        draft.effect(Effect::StopJobs(strays));
    }
}

fn say(draft: &mut Draft<'_>, what: &str) {
    draft.status.message = Some(format!("{what}; {CLEARS}"));
}

/// Deletes the Job of a suspended attempt and waits until it and its pods are gone: two attempts never run at once.
pub(super) fn halt(draft: &mut Draft<'_>, name: &str) {
    let going = draft
        .facts
        .attempt
        .job
        .as_ref()
        .is_some_and(|job| job.metadata.deletion_timestamp.is_some());
    if !going {
        draft.effect(Effect::StopJobs(vec![name.to_owned()]));
    }
    draft.look_again(draft.facts.look);
}

/// Goes on, if it was suspended: the deadlines move by as long as that was.
pub(super) fn resume(draft: &mut Draft<'_>) {
    let Some(since) = draft.status.suspended_since.take() else {
        return;
    };
    let seconds = draft.shift_phase(since.0);
    *draft.status.suspended_seconds.get_or_insert(0) += seconds;
    if conditions::is_true(&draft.status.conditions, SUSPENDED) {
        draft.condition(SUSPENDED, false, "Resumed", "spec.suspend is false again");
    }
}
