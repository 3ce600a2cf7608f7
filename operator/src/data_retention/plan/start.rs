//! Is it time, and is anything in the way?

use super::{super::digest, Draft, Effect, PLAN_SECONDS};
use crate::{clock, schedule::Schedule, training_run::facts::Claim};
use jiff::Timestamp;
use logloop_operator_api::{
    conditions::{self, SUCCEEDED},
    data_retention::{PruneOutcome, PrunePlan, RetentionPhase},
};
use std::time::Duration;

impl Draft<'_> {
    pub(super) fn decide(&mut self) {
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
            // Its Job may be there though the status does not say so: it is created before that is written.
            self.status.plan = None;
            let why = "the spec has changed";
            self.remember(&plan, PruneOutcome::Stopped, why);
            self.effects.push(Effect::DeleteJobs(vec![plan.job_name]));
            self.unblock("SpecChanged");
            self.status.message =
                Some("the spec has changed: the prune that the old one planned was stopped".into());
            return self.look_again(Duration::from_millis(200));
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
            let message = format!(
                "TrainingRun {run} is exporting from the same claim; this starts when that has ended"
            );
            self.look_again(facts.look);
            self.unblock("InUse");
            return self.rest(RetentionPhase::Waiting, message);
        }
        if facts.waiting.is_some() {
            return self.wait_for_analyzer();
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
            protected_datasets: facts.protected_datasets.clone(),
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
}
