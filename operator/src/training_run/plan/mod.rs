//! Decides what a run does next: from facts to the next status and the writes that go before it. Pure.

mod draft;
mod ended;
mod next;
mod queue;
mod result;
mod rollout;
mod start;
mod step;
mod suspended;

pub use draft::{Effect, Plan};

use super::facts::Facts;
use crate::{clock, jobs::blocked};
use draft::Draft;
use jiff::Timestamp;
use logloop_operator_api::{
    TrainingRun, conditions,
    training_run::{Phase, StepName, TrainingRunStatus},
};

/// Reason of Blocked when an error keeps a run from being decided on.
const RECONCILE_FAILED: &str = "ReconcileFailed";

/// Seconds a run may be Pending. Units: seconds, as all of these.
pub const PENDING_DEADLINE: i64 = 3_600;
/// Seconds a run may be Queued.
pub const QUEUED_DEADLINE: i64 = 86_400;
/// Seconds a run may be Exporting, all attempts together.
pub const EXPORTING_DEADLINE: i64 = 6 * 3_600;
/// Seconds a run may be Training, all attempts together, waiting for its turn to roll out included.
pub const TRAINING_DEADLINE: i64 = 86_400;
/// Seconds a run may be Gating, all attempts together, waiting for its turn to roll out included.
pub const GATING_DEADLINE: i64 = 6 * 3_600;

/// Seconds a Job may wait to be admitted by a queue. They do not count for the phase.
pub const ADMISSION_DEADLINE: i64 = 7 * 86_400;

/// Decides.
pub fn plan(facts: &Facts) -> Plan {
    let mut draft = Draft::new(facts);
    let phase = draft.phase();
    let blocked = conditions::find(&draft.status.conditions, conditions::BLOCKED);
    if blocked.is_some_and(|blocked| blocked.reason == RECONCILE_FAILED) {
        draft.unblocked("Mended");
    }
    if !facts.run.spec.suspend && !phase.is_terminal() {
        suspended::resume(&mut draft);
    }
    queue::look(&mut draft);
    if phase.is_terminal() {
        ended::plan(&mut draft);
    } else if phase == Phase::RollingOut {
        // Its deadline does not fail it: it puts back what served before.
        rollout::plan(&mut draft);
    } else if facts.run.spec.suspend {
        suspended::plan(&mut draft);
    } else if let Some(why) = draft.overdue() {
        draft.fail("DeadlineExceeded", why);
    } else {
        match phase {
            Phase::Queued => start::queued(&mut draft),
            Phase::Exporting => step::plan(&mut draft, StepName::Export),
            Phase::Training => step::plan(&mut draft, StepName::Train),
            Phase::Gating => step::plan(&mut draft, StepName::Evaluate),
            _ => start::pending(&mut draft),
        }
    }
    draft.done()
}

/// What follows when the API server refuses the Job that a plan asks for: people are told, and it is tried again.
pub fn job_refused(facts: &Facts, status: TrainingRunStatus, step: StepName, words: &str) -> Plan {
    let mut draft = Draft::of(facts, status);
    draft.blocked(
        blocked::JOB_REFUSED,
        format!("{} Job: {}", step.as_str(), blocked::job_refused(words)),
    );
    draft.look_again(facts.look);
    draft.done()
}

/// What the status says when the facts cannot be had, or not be acted on, until a person mends something: the error,
/// and in time the end. A run that rolls out does not end so: that takes putting back what served before.
pub fn stuck(run: &TrainingRun, now: Timestamp, error: &str) -> Option<TrainingRunStatus> {
    let facts = Facts::unknown(run.clone(), now);
    let mut draft = Draft::new(&facts);
    let phase = draft.phase();
    if phase.is_terminal() {
        return None;
    }
    let ends = phase != Phase::RollingOut && !run.spec.suspend;
    let overdue = draft.overdue().filter(|_| ends);
    let since = clock::time(now);
    draft.status.phase.get_or_insert(phase);
    draft.status.phase_since.get_or_insert(since.clone());
    draft.status.start_time.get_or_insert(since);
    match overdue {
        Some(why) => draft.fail("DeadlineExceeded", why),
        None => draft.blocked(RECONCILE_FAILED, error),
    }
    Some(draft.done().status)
}

/// Seconds a run may be in a phase; none for the ends.
pub fn deadline_seconds(phase: Phase, facts: &Facts) -> Option<i64> {
    Some(match phase {
        Phase::Pending => PENDING_DEADLINE,
        Phase::Queued => QUEUED_DEADLINE,
        Phase::Exporting => EXPORTING_DEADLINE,
        Phase::Training => TRAINING_DEADLINE,
        Phase::Gating => GATING_DEADLINE,
        Phase::RollingOut => facts.run.spec.rollout.deadline_seconds,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
