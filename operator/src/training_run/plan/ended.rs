//! After the end: stop what still runs, let go of the target, and go away when it is time.

use super::{Draft, Effect};
use crate::clock;

/// Decides what is left to do.
pub(super) fn plan(draft: &mut Draft<'_>) {
    if !draft.facts.unfinished.is_empty() {
        draft.effect(Effect::StopJobs(draft.facts.unfinished.clone()));
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
