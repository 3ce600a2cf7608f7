//! Decides what a retention does next: from facts to the next status and the writes that go before it. Pure.

use super::{digest, facts::Facts, schedule::Schedule};
use crate::{
    clock,
    jobs::{
        outcome::{Attempt, EXIT_USAGE, judge},
        results,
    },
    training_run::facts::Claim,
};
use jiff::Timestamp;
use logloop_operator_api::{
    DataRetentionStatus,
    conditions::{self, BLOCKED, SUCCEEDED, Saying},
    data_retention::{PrunePlan, PruneResult, RetentionPhase},
    names,
};
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
    Plan {
        effects: draft.effects,
        status: draft.status,
        requeue: draft.requeue,
    }
}

struct Draft<'a> {
    facts: &'a Facts,
    status: DataRetentionStatus,
    effects: Vec<Effect>,
    requeue: Option<Duration>,
}

impl Draft<'_> {
    fn decide(&mut self) {
        let spec = &self.facts.retention.spec;
        let schedule = match spec
            .schedule
            .as_deref()
            .map(|fields| Schedule::parse(fields, spec.time_zone.as_deref()))
        {
            Some(Err(why)) => {
                self.status.next_run_time = None;
                return self.blocked("InvalidSchedule", format!("{why}; correct it"));
            }
            Some(Ok(schedule)) => Some(schedule),
            None => None,
        };
        if let Some(plan) = self.status.plan.clone() {
            if self.is_current(&plan) {
                return self.carry_on(plan, schedule.as_ref());
            }
            // A changed spec stops what the old one planned; what is due is planned anew.
            self.status.plan = None;
            if plan.job_uid.is_some() {
                self.effects.push(Effect::DeleteJobs(vec![plan.job_name]));
                self.status.message = Some(
                    "the spec has changed: the prune that the old one planned was stopped".into(),
                );
                return self.look_again(Duration::from_millis(200));
            }
        }
        self.start(schedule.as_ref());
    }

    fn is_current(&self, plan: &PrunePlan) -> bool {
        match &self.facts.claim {
            Claim::Found(claim) => {
                let spec = &self.facts.retention.spec;
                digest::digest(spec, claim, plan.cutoff.0) == plan.digest
            }
            // What has begun is seen to its end.
            _ => true,
        }
    }

    fn start(&mut self, schedule: Option<&Schedule>) {
        let facts = self.facts;
        self.status.next_run_time = schedule.and_then(|s| s.next(facts.now)).map(clock::time);
        if facts.retention.spec.suspend {
            self.status.next_run_time = None;
            self.unblock("Suspended");
            return self.rest(
                RetentionPhase::Suspended,
                "suspended; set spec.suspend to false to go on".into(),
            );
        }
        let due = match schedule {
            Some(schedule) => {
                let created = facts
                    .retention
                    .metadata
                    .creation_timestamp
                    .as_ref()
                    .map(|time| time.0);
                let last = self.status.last_schedule_time.as_ref().map(|time| time.0);
                let after = last.max(created).unwrap_or(Timestamp::MIN);
                schedule.latest(after, facts.now).map(Some)
            }
            None if self.status.last_generation == facts.retention.metadata.generation => None,
            None => Some(None),
        };
        match due {
            Some(scheduled) => self.begin(scheduled),
            None => self.sleep(schedule.is_some()),
        }
    }

    /// Its time has come: if nothing is in the way, the plan goes on record before its Job is created.
    fn begin(&mut self, scheduled: Option<Timestamp>) {
        let facts = self.facts;
        let claim = match &facts.claim {
            Claim::Found(claim) => claim,
            Claim::Unnamed => {
                return self.blocked("ClaimUnnamed", "neither spec.claim nor the operator's LOGLOOP_DEFAULT_CLAIM names a PersistentVolumeClaim; set spec.claim".into());
            }
            Claim::Missing(claim) => {
                return self.blocked("ClaimMissing", format!("PersistentVolumeClaim {claim} does not exist in this namespace; create it, or correct spec.claim"));
            }
            Claim::Unusable(claim, why) => {
                return self.blocked(
                    "ClaimUnusable",
                    format!("PersistentVolumeClaim {claim} cannot be used: {why}"),
                );
            }
        };
        let spec = &facts.retention.spec;
        if let Some(size) = &spec.keep.max_bytes
            && let Err(why) = size.bytes()
        {
            return self.blocked("InvalidSpec", format!("spec.keep.maxBytes: {why}"));
        }
        let cutoff = match digest::cutoff(spec, facts.now) {
            Ok(cutoff) => cutoff,
            Err(why) => return self.blocked("InvalidSpec", format!("spec.keep.maxAge: {why}")),
        };
        if let Some(run) = facts.exporting.as_ref().filter(|_| !spec.dry_run) {
            self.look_again(facts.look);
            return self.rest(RetentionPhase::Waiting, format!("TrainingRun {run} is exporting from the same claim; this starts when that has ended"));
        }
        self.unblock("Planned");
        let mut plan = PrunePlan {
            digest: digest::digest(spec, claim, cutoff),
            cutoff: clock::time(cutoff),
            not_after: clock::time(clock::after(facts.now, PLAN_SECONDS)),
            generation: facts.retention.metadata.generation.unwrap_or_default(),
            scheduled: scheduled.map(clock::time),
            attempt: 1,
            job_name: String::new(),
            job_uid: None,
            protected: facts.protected.clone(),
            retry_after: None,
        };
        plan.job_name = self.job_name(&plan);
        self.status.plan = Some(plan);
        self.look_again(Duration::from_millis(200));
        self.rest(
            RetentionPhase::Running,
            "planned; its Job is starting".into(),
        );
    }

    fn carry_on(&mut self, plan: PrunePlan, schedule: Option<&Schedule>) {
        let facts = self.facts;
        if plan.job_uid.is_none() {
            if facts.now >= plan.not_after.0 {
                return self.ended_badly(
                    &plan,
                    schedule,
                    "its plan grew too old before it could be carried out".into(),
                );
            }
            let next = plan
                .retry_after
                .as_ref()
                .map(|time| time.0)
                .filter(|next| *next > facts.now);
            return match next {
                Some(next) => self.look_again(clock::until(next, facts.now)),
                None => {
                    let deadline_seconds =
                        (plan.not_after.0.as_second() - facts.now.as_second()).max(1);
                    self.effects.push(Effect::CreateJob { deadline_seconds });
                    self.rest(
                        RetentionPhase::Running,
                        format!("Job {} is starting", plan.job_name),
                    );
                }
            };
        }
        match judge(&facts.attempt) {
            Attempt::Running {
                blocked: Some(blocked),
            } => {
                self.look_again(facts.look);
                self.blocked(
                    &blocked.reason,
                    format!("Job {}: {}", plan.job_name, blocked.message),
                );
                self.status.phase = Some(RetentionPhase::Running);
            }
            Attempt::Running { blocked: None } => {
                self.unblock("Running");
                self.look_again(facts.look.max(Duration::from_secs(5)));
                self.rest(
                    RetentionPhase::Running,
                    format!(
                        "Job {} is under way (until {})",
                        plan.job_name, plan.not_after.0
                    ),
                );
            }
            Attempt::Succeeded(message) => {
                match results::parse::<results::Prune>("prune", &message) {
                    Ok(result) if result.plan_digest == plan.digest => {
                        self.ended_well(&plan, schedule, result)
                    }
                    Ok(result) => {
                        let why = format!(
                            "its result is that of another plan ({})",
                            result.plan_digest
                        );
                        self.try_again(plan, schedule, None, why);
                    }
                    Err(why) => self.try_again(plan, schedule, None, why),
                }
            }
            Attempt::Failed { exit_code, words } => {
                self.try_again(plan, schedule, exit_code, words)
            }
            Attempt::Lost(why) => self.try_again(plan, schedule, None, why),
        }
    }

    fn try_again(
        &mut self,
        mut plan: PrunePlan,
        schedule: Option<&Schedule>,
        exit_code: Option<i32>,
        words: String,
    ) {
        let now = self.facts.now;
        let said = exit_code.map_or_else(
            || words.clone(),
            |code| format!("{words} (exit code {code})"),
        );
        if exit_code == Some(EXIT_USAGE) || plan.attempt >= ATTEMPTS || now >= plan.not_after.0 {
            let attempt = plan.attempt;
            return self.ended_badly(
                &plan,
                schedule,
                format!("failed at attempt {attempt} of {ATTEMPTS}: {said}"),
            );
        }
        let pause =
            self.facts.retry * 2_u32.pow(u32::try_from(plan.attempt - 1).unwrap_or(0).min(10));
        self.rest(
            RetentionPhase::Running,
            format!(
                "failed at attempt {} of {ATTEMPTS} and is tried again: {said}",
                plan.attempt
            ),
        );
        plan.attempt += 1;
        plan.job_uid = None;
        plan.retry_after = Some(clock::time(clock::after(
            now,
            i64::try_from(pause.as_secs()).unwrap_or(i64::MAX),
        )));
        plan.job_name = self.job_name(&plan);
        self.status.plan = Some(plan);
        self.look_again(pause);
    }

    fn ended_well(
        &mut self,
        plan: &PrunePlan,
        schedule: Option<&Schedule>,
        result: results::Prune,
    ) {
        let message = result.message.clone();
        self.status.last_result = Some(PruneResult {
            dry_run: result.dry_run,
            removed_interactions: result.interactions,
            freed_bytes: result.freed_bytes,
            segments: result.segments,
            rewritten: result.rewritten,
            datasets: result.datasets,
            models: result.models,
            kept_interactions: result.kept_interactions,
            oldest_kept: result.oldest_kept,
            message: result.message,
        });
        self.end(plan, schedule, RetentionPhase::Succeeded, "Pruned", message);
    }

    fn ended_badly(&mut self, plan: &PrunePlan, schedule: Option<&Schedule>, why: String) {
        self.end(plan, schedule, RetentionPhase::Failed, "PruneFailed", why);
    }

    fn end(
        &mut self,
        plan: &PrunePlan,
        schedule: Option<&Schedule>,
        phase: RetentionPhase,
        reason: &str,
        message: String,
    ) {
        self.unblock(reason);
        self.condition(
            SUCCEEDED,
            phase == RetentionPhase::Succeeded,
            reason,
            message.clone(),
        );
        self.status.plan = None;
        self.status.last_run_time = Some(clock::time(self.facts.now));
        self.status.last_generation = Some(plan.generation);
        if plan.scheduled.is_some() {
            self.status.last_schedule_time.clone_from(&plan.scheduled);
        }
        self.status.next_run_time = schedule
            .and_then(|s| s.next(self.facts.now))
            .map(clock::time);
        self.status.message = Some(message);
        self.status.phase = Some(if schedule.is_some() {
            RetentionPhase::Scheduled
        } else {
            phase
        });
        self.look_again(Duration::from_millis(200));
    }

    /// Nothing is due.
    fn sleep(&mut self, scheduled: bool) {
        self.unblock("NothingDue");
        if scheduled {
            self.status.phase = Some(RetentionPhase::Scheduled);
            if self.status.last_run_time.is_none() {
                self.status.message = Some("waits for its time".into());
            }
        } else if matches!(self.status.phase, None | Some(RetentionPhase::Suspended)) {
            let held = conditions::is_true(&self.status.conditions, SUCCEEDED);
            self.status.phase = Some(if held {
                RetentionPhase::Succeeded
            } else {
                RetentionPhase::Failed
            });
        }
        if let Some(next) = &self.status.next_run_time {
            self.requeue = Some(clock::until(next.0, self.facts.now) + Duration::from_millis(100));
        }
    }

    fn rest(&mut self, phase: RetentionPhase, message: String) {
        self.status.phase = Some(phase);
        self.status.message = Some(message);
    }

    fn blocked(&mut self, reason: &str, message: String) {
        self.condition(BLOCKED, true, reason, message.clone());
        self.rest(RetentionPhase::Waiting, message);
        self.look_again(self.facts.look);
    }

    fn unblock(&mut self, reason: &str) {
        if conditions::is_true(&self.status.conditions, BLOCKED) {
            self.condition(
                BLOCKED,
                false,
                reason,
                "nothing keeps it from going on".into(),
            );
        }
    }

    fn condition(&mut self, kind: &str, holds: bool, reason: &str, message: String) {
        let generation = self.facts.retention.metadata.generation;
        let saying = Saying {
            kind,
            holds,
            reason,
            message,
        };
        conditions::set(
            &mut self.status.conditions,
            saying,
            generation,
            &clock::time(self.facts.now),
        );
    }

    fn look_again(&mut self, after: Duration) {
        self.requeue = Some(self.requeue.map_or(after, |before| before.min(after)));
    }

    fn job_name(&self, plan: &PrunePlan) -> String {
        let meta = &self.facts.retention.metadata;
        let scheduled = plan
            .scheduled
            .as_ref()
            .map(|time| time.0.to_string())
            .unwrap_or_default();
        let what = format!(
            "{} {} {scheduled} {}",
            plan.digest, plan.generation, plan.attempt
        );
        names::prune_job(
            meta.name.as_deref().unwrap_or_default(),
            meta.uid.as_deref().unwrap_or_default(),
            &what,
        )
    }

    fn forget_old_jobs(&mut self) {
        let keep = usize::try_from(self.facts.retention.spec.history_limit).unwrap_or(0);
        let current = self.status.plan.as_ref().map(|plan| plan.job_name.as_str());
        // A Job goes only after its outcome is on record, which that of the plan in the old status may not be.
        let recorded = self
            .facts
            .retention
            .status
            .as_ref()
            .and_then(|status| status.plan.as_ref())
            .map(|plan| plan.job_name.as_str());
        let ended: Vec<&String> = self
            .facts
            .ended
            .iter()
            .filter(|name| Some(name.as_str()) != current && Some(name.as_str()) != recorded)
            .collect();
        let old: Vec<String> = ended
            .iter()
            .take(ended.len().saturating_sub(keep))
            .map(|name| (*name).clone())
            .collect();
        if !old.is_empty() {
            self.effects.push(Effect::DeleteJobs(old));
        }
    }
}
