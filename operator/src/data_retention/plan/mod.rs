//! Decides what a retention does next: from facts to the next status and the writes that go before it. Pure.

mod attempt;
mod draft;
mod start;

use super::facts::Facts;
use crate::jobs::blocked;
use logloop_operator_api::DataRetentionStatus;
use std::time::Duration;

/// Seconds after which a plan is not carried out any more.
pub const PLAN_SECONDS: i64 = 3_600;
/// How many times a plan is tried.
pub const ATTEMPTS: i32 = 3;

/// Something to write before the status. Each can be done twice without harm.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Create the Job of the plan in the status; its UID goes there.
    CreateJob {
        /// Seconds after which Kubernetes ends it.
        deadline_seconds: i64,
    },
    /// Delete these Jobs.
    DeleteJobs(Vec<String>),
}

impl Effect {
    /// For figures.
    pub fn word(&self) -> &'static str {
        match self {
            Self::CreateJob { .. } => "create_job",
            Self::DeleteJobs(_) => "delete_jobs",
        }
    }
}

/// What to write, and when to look again.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Written first, in this order.
    pub effects: Vec<Effect>,
    /// Written then, if it differs.
    pub status: DataRetentionStatus,
    /// When to look again if nothing happens.
    pub requeue: Option<Duration>,
}

/// Decides.
pub fn plan(facts: &Facts) -> Plan {
    let mut status = facts.retention.status.clone().unwrap_or_default();
    status.observed_generation = facts.retention.metadata.generation;
    let mut draft = Draft {
        facts,
        status,
        effects: Vec::new(),
        requeue: None,
    };
    draft.decide();
    draft.forget_old_jobs();
    draft.forget_history();
    Plan {
        effects: draft.effects,
        status: draft.status,
        requeue: draft.requeue,
    }
}

/// What follows when the API server refuses the Job that a plan asks for: people are told, and it is tried again.
pub fn job_refused(facts: &Facts, status: DataRetentionStatus, words: &str) -> Plan {
    let mut draft = Draft {
        facts,
        status,
        effects: Vec::new(),
        requeue: None,
    };
    draft.blocked(
        blocked::JOB_REFUSED,
        format!("Job: {}", blocked::job_refused(words)),
    );
    Plan {
        effects: draft.effects,
        status: draft.status,
        requeue: draft.requeue,
    }
}

/// The next status while it is being decided.
struct Draft<'a> {
    facts: &'a Facts,
    status: DataRetentionStatus,
    effects: Vec<Effect>,
    requeue: Option<Duration>,
}

#[cfg(test)]
mod tests;
