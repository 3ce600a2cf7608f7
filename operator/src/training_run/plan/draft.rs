//! The next status while it is being decided.

use super::{super::facts::Facts, ADMISSION_DEADLINE, deadline_seconds};
use crate::clock;
use jiff::Timestamp;
use logloop_operator_api::{
    conditions::{self, Saying},
    names,
    training_run::{Outcome, Phase, Stable, Step, StepName, TrainingRunStatus},
};
use std::time::Duration;

/// Something to write before the status. Each can be done twice without harm.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Create the Job of an attempt; its record goes into the status.
    CreateJob {
        /// The step.
        step: StepName,
        /// The attempt, from 1.
        attempt: i32,
        /// Seconds after which Kubernetes ends it.
        deadline_seconds: i64,
    },
    /// Delete these Jobs of the run: it has ended or is suspended, and they have not.
    StopJobs(Vec<String>),
    /// Create the ModelVersion.
    PublishVersion,
    /// Own the serving document of the target.
    ClaimTarget,
    /// Put this into the serving document; its generation goes into the status.
    WriteServing(Option<Stable>),
    /// Hand the serving document to the pods that have not loaded it; what they say goes into the status.
    Push,
    /// Bring the ModelVersions to where they belong with the run in this phase.
    Settle(Phase),
    /// Own the serving document no longer.
    ReleaseTarget,
    /// Delete the run.
    DeleteRun,
}

impl Effect {
    /// For figures.
    pub fn word(&self) -> &'static str {
        match self {
            Self::CreateJob { .. } => "create_job",
            Self::StopJobs(_) => "stop_jobs",
            Self::PublishVersion => "publish_version",
            Self::ClaimTarget => "claim_target",
            Self::WriteServing(_) => "write_serving",
            Self::Push => "push",
            Self::Settle(_) => "settle",
            Self::ReleaseTarget => "release_target",
            Self::DeleteRun => "delete_run",
        }
    }
}

/// What to write, and when to look again.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Written first, in this order.
    pub effects: Vec<Effect>,
    /// Written then, if it differs.
    pub status: TrainingRunStatus,
    /// When to look again if nothing happens.
    pub requeue: Option<Duration>,
    /// What has ended is on record in this, and nothing more: written where an effect fails.
    pub on_record: Option<TrainingRunStatus>,
}

/// The next status while it is being decided.
pub(super) struct Draft<'a> {
    /// What the decision rests on.
    pub facts: &'a Facts,
    /// The next status.
    pub status: TrainingRunStatus,
    effects: Vec<Effect>,
    requeue: Option<Duration>,
    on_record: Option<TrainingRunStatus>,
}

impl<'a> Draft<'a> {
    /// Begins with the status as it is.
    pub(super) fn new(facts: &'a Facts) -> Self {
        let mut status = facts.run.status.clone().unwrap_or_default();
        status.observed_generation = facts.run.metadata.generation;
        Self::of(facts, status)
    }

    /// Begins with this status.
    pub(super) fn of(facts: &'a Facts, status: TrainingRunStatus) -> Self {
        Self {
            facts,
            status,
            effects: Vec::new(),
            requeue: None,
            on_record: None,
        }
    }

    /// The plan.
    pub(super) fn done(self) -> Plan {
        Plan {
            effects: self.effects,
            status: self.status,
            requeue: self.requeue,
            on_record: self.on_record,
        }
    }

    /// An attempt has ended, and the status says so. What follows is decided on in the same breath: one status does for
    /// both.
    pub(super) fn recorded(&mut self) {
        self.on_record = Some(self.status.clone());
    }

    /// The phase the run is in.
    pub(super) fn phase(&self) -> Phase {
        self.status.phase.unwrap_or_default()
    }

    /// Adds a write.
    pub(super) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Looks again after this long at the latest.
    pub(super) fn look_again(&mut self, after: Duration) {
        let soonest = self.requeue.map_or(after, |before| before.min(after));
        self.requeue = Some(soonest);
    }

    /// Sets a condition.
    pub(super) fn condition(
        &mut self,
        kind: &str,
        holds: bool,
        reason: &str,
        message: impl Into<String>,
    ) {
        let saying = Saying {
            kind,
            holds,
            reason,
            message: message.into(),
        };
        let generation = self.facts.run.metadata.generation;
        conditions::set(
            &mut self.status.conditions,
            saying,
            generation,
            &clock::time(self.facts.now),
        );
    }

    /// Waits in the phase it is in.
    pub(super) fn wait(&mut self, message: impl Into<String>) {
        self.status.message = Some(message.into());
        let (_, until) = self.deadline();
        if let Some(until) = until {
            // A little later, so that the deadline has passed when it is looked at.
            self.look_again(clock::until(until, self.facts.now) + Duration::from_secs(1));
        }
    }

    /// Waits for something that a person can clear.
    pub(super) fn blocked(&mut self, reason: &str, message: impl Into<String>) {
        let message = message.into();
        self.condition(conditions::BLOCKED, true, reason, message.clone());
        self.wait(format!("{message}{}", self.until()));
    }

    /// Is not blocked any more, if it ever was.
    pub(super) fn unblocked(&mut self, reason: &str) {
        if conditions::is_true(&self.status.conditions, conditions::BLOCKED) {
            self.condition(
                conditions::BLOCKED,
                false,
                reason,
                "nothing keeps it from going on",
            );
        }
    }

    /// Comes to another phase.
    pub(super) fn enter(&mut self, phase: Phase, message: impl Into<String>) {
        self.unblocked(phase.as_str());
        self.status.phase = Some(phase);
        self.status.phase_since = Some(clock::time(self.facts.now));
        self.wait(message);
    }

    /// Comes to an end.
    pub(super) fn finish(&mut self, phase: Phase, reason: &str, message: impl Into<String>) {
        let message = message.into();
        self.unblocked(reason);
        self.status.suspended_since = None;
        self.status.queued_since = None;
        if conditions::is_true(&self.status.conditions, conditions::SUSPENDED) {
            self.condition(conditions::SUSPENDED, false, reason, message.clone());
        }
        self.condition(conditions::FINISHED, true, reason, message.clone());
        self.condition(
            conditions::COMPLETE,
            phase == Phase::Succeeded,
            reason,
            message.clone(),
        );
        self.status.phase = Some(phase);
        self.status.phase_since = Some(clock::time(self.facts.now));
        self.status.completion_time = Some(clock::time(self.facts.now));
        self.status.message = Some(message);
        self.requeue = None;
        // One that is published just now is brought there with it.
        if self.status.model.is_some() && !self.effects.contains(&Effect::PublishVersion) {
            self.effect(Effect::Settle(phase));
        }
    }

    /// Ends as Failed.
    pub(super) fn fail(&mut self, reason: &str, message: impl Into<String>) {
        self.finish(Phase::Failed, reason, message);
    }

    /// When the phase and the whole run must be over: the earlier of the two, and whether it is the run's own.
    pub(super) fn deadline(&self) -> (bool, Option<Timestamp>) {
        let meta = &self.facts.run.metadata;
        let created = meta
            .creation_timestamp
            .as_ref()
            .map_or(self.facts.now, |time| time.0);
        let since = self
            .status
            .phase_since
            .as_ref()
            .map_or(created, |time| time.0);
        let of_phase = match &self.status.queued_since {
            Some(queued) => Some(clock::after(queued.0, ADMISSION_DEADLINE)),
            None => deadline_seconds(self.phase(), self.facts)
                .map(|seconds| clock::after(since, seconds)),
        };
        let of_run = self
            .facts
            .run
            .spec
            .active_deadline_seconds
            .map(|seconds| seconds.saturating_add(self.status.suspended_seconds.unwrap_or(0)))
            .map(|seconds| clock::after(created, seconds));
        match (of_phase, of_run) {
            (Some(phase), Some(run)) if run < phase => (true, Some(run)),
            (None, Some(run)) => (true, Some(run)),
            (phase, _) => (false, phase),
        }
    }

    /// Why the run has taken too long, if it has.
    pub(super) fn overdue(&self) -> Option<String> {
        let (of_run, until) = self.deadline();
        let until = until.filter(|until| self.facts.now >= *until)?;
        let waited = self
            .status
            .message
            .as_deref()
            .unwrap_or("it was never taken up");
        let phase = self.phase();
        Some(if of_run {
            format!(
                "not done by {until}, activeDeadlineSeconds after its creation; it was {phase}: {waited}"
            )
        } else {
            let queued = self.status.queued_since.is_some();
            let state = if queued { "queued" } else { phase.as_str() };
            format!("{state} for too long, until {until}: {waited}")
        })
    }

    /// Moves the deadline of the phase by as long as something else had the run wait; how many seconds that is.
    pub(super) fn shift_phase(&mut self, waited_since: Timestamp) -> i64 {
        let seconds = (self.facts.now.as_second() - waited_since.as_second()).max(0);
        if let Some(since) = self.status.phase_since.as_mut() {
            *since = clock::time(clock::after(since.0, seconds));
        }
        seconds
    }

    /// Whether the Job of the last attempt is still there.
    pub(super) fn lingers(&self) -> bool {
        self.facts.attempt.job.is_some()
    }

    /// How many attempts at a step have failed. One that was suspended has not.
    pub(super) fn failures(&self, step: StepName) -> i32 {
        let failed = |record: &&Step| {
            record.step == step && matches!(record.outcome, Some(Outcome::Failed | Outcome::Lost))
        };
        i32::try_from(self.status.steps.iter().filter(failed).count()).unwrap_or(i32::MAX)
    }

    /// ` (until …)`, for messages.
    pub(super) fn until(&self) -> String {
        self.deadline()
            .1
            .map_or_else(String::new, |until| format!(" (until {until})"))
    }

    /// Seconds until the deadline.
    pub(super) fn seconds_left(&self) -> i64 {
        let (_, until) = self.deadline();
        until.map_or(1, |until| {
            (until.as_second() - self.facts.now.as_second()).max(1)
        })
    }

    /// Name of the version, and ID of the data set.
    pub(super) fn artifact(&self) -> String {
        let meta = &self.facts.run.metadata;
        names::artifact(
            meta.name.as_deref().unwrap_or_default(),
            meta.uid.as_deref().unwrap_or_default(),
        )
    }

    /// UID of the run.
    pub(super) fn uid(&self) -> &str {
        self.facts.run.metadata.uid.as_deref().unwrap_or_default()
    }
}
