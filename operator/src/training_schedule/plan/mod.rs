//! Decides what a schedule does next: from facts to the next status and the writes that go before it. Pure.

mod create;
mod due;
mod history;

use super::facts::Facts;
use crate::{clock, jobs::blocked};
use logloop_operator_api::{
    TrainingScheduleStatus,
    conditions::{self, BLOCKED, Saying},
    training_run::Phase,
    training_schedule::SchedulePhase,
};
use std::time::Duration;

/// Something to write before the status. Each can be done twice without harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Delete these runs.
    DeleteRuns(Vec<String>),
    /// Create the run of this name.
    CreateRun {
        /// Its name: of the schedule's UID and the time or the count it is for.
        name: String,
        /// Why, for people.
        because: String,
    },
}

impl Effect {
    /// For figures.
    pub fn word(&self) -> &'static str {
        match self {
            Self::DeleteRuns(_) => "delete_runs",
            Self::CreateRun { .. } => "create_run",
        }
    }
}

/// What to write, and when to look again.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Written first, in this order.
    pub effects: Vec<Effect>,
    /// Written then, if it differs.
    pub status: TrainingScheduleStatus,
    /// When to look again if nothing happens.
    pub requeue: Option<Duration>,
}

/// Decides.
pub fn plan(facts: &Facts) -> Plan {
    let mut status = facts.schedule.status.clone().unwrap_or_default();
    status.observed_generation = facts.schedule.metadata.generation;
    let mut draft = Draft::of(facts, status);
    draft.count_runs();
    draft.forget_old_runs();
    draft.decide();
    draft.done()
}

/// What follows when the API server refuses the run that a plan asks for: people are told, and it is tried again.
/// `facts` has the status from before that plan.
pub fn run_refused(facts: &Facts, words: &str) -> Plan {
    let status = facts.schedule.status.clone().unwrap_or_default();
    let mut draft = Draft::of(facts, status);
    draft.status.observed_generation = facts.schedule.metadata.generation;
    draft.count_runs();
    draft.blocked(
        "RunRefused",
        format!("TrainingRun: {}", blocked::job_refused(words)),
    );
    draft.done()
}

/// The next status while it is being decided.
struct Draft<'a> {
    facts: &'a Facts,
    status: TrainingScheduleStatus,
    effects: Vec<Effect>,
    requeue: Option<Duration>,
}

impl<'a> Draft<'a> {
    fn of(facts: &'a Facts, status: TrainingScheduleStatus) -> Self {
        Self {
            facts,
            status,
            effects: Vec::new(),
            requeue: None,
        }
    }

    fn done(self) -> Plan {
        Plan {
            effects: self.effects,
            status: self.status,
            requeue: self.requeue,
        }
    }

    fn rest(&mut self, phase: SchedulePhase, message: impl Into<String>) {
        self.status.phase = Some(phase);
        self.status.message = Some(message.into());
    }

    fn blocked(&mut self, reason: &str, message: String) {
        self.condition(true, reason, message.clone());
        self.rest(SchedulePhase::Waiting, message);
        self.look_again(self.facts.look);
    }

    fn unblocked(&mut self, reason: &str) {
        if conditions::is_true(&self.status.conditions, BLOCKED) {
            let message = "nothing keeps it from going on".to_owned();
            self.condition(false, reason, message);
        }
    }

    fn condition(&mut self, holds: bool, reason: &str, message: String) {
        let saying = Saying {
            kind: BLOCKED,
            holds,
            reason,
            message,
        };
        let generation = self.facts.schedule.metadata.generation;
        let now = clock::time(self.facts.now);
        conditions::set(&mut self.status.conditions, saying, generation, &now);
    }

    fn look_again(&mut self, after: Duration) {
        self.requeue = Some(self.requeue.map_or(after, |before| before.min(after)));
    }
}

/// Phase of a run.
fn phase_of(run: &logloop_operator_api::TrainingRun) -> Phase {
    let status = run.status.as_ref();
    status.and_then(|status| status.phase).unwrap_or_default()
}

#[cfg(test)]
mod tests;
