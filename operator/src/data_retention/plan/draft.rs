//! The next status while it is being decided.

use super::{Draft, Effect};
use crate::clock;
use logloop_operator_api::{
    conditions::{self, BLOCKED, Saying},
    data_retention::{PruneOutcome, PrunePlan, PruneRecord, RetentionPhase},
    names,
};
use std::time::Duration;

/// How much of its words a record in the history holds. Units: bytes.
const RECORD_WORDS_MAX: usize = 256;

impl Draft<'_> {
    pub(super) fn rest(&mut self, phase: RetentionPhase, message: String) {
        self.status.phase = Some(phase);
        self.status.message = Some(message);
    }

    pub(super) fn blocked(&mut self, reason: &str, message: String) {
        self.condition(BLOCKED, true, reason, message.clone());
        self.rest(RetentionPhase::Waiting, message);
        self.look_again(self.facts.look);
    }

    pub(super) fn unblock(&mut self, reason: &str) {
        if conditions::is_true(&self.status.conditions, BLOCKED) {
            self.condition(
                BLOCKED,
                false,
                reason,
                "nothing keeps it from going on".into(),
            );
        }
    }

    pub(super) fn condition(&mut self, kind: &str, holds: bool, reason: &str, message: String) {
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

    pub(super) fn look_again(&mut self, after: Duration) {
        self.requeue = Some(self.requeue.map_or(after, |before| before.min(after)));
    }

    pub(super) fn job_name(&self, plan: &PrunePlan) -> String {
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

    /// Puts the end of a prune into the history.
    pub(super) fn remember(&mut self, plan: &PrunePlan, outcome: PruneOutcome, words: &str) {
        let well = outcome == PruneOutcome::Succeeded;
        let result = self.status.last_result.as_ref().filter(|_| well);
        let record = PruneRecord {
            outcome,
            finished: clock::time(self.facts.now),
            scheduled: plan.scheduled.clone(),
            job_name: plan.job_name.clone(),
            plan_digest: plan.digest.clone(),
            dry_run: result.map(|result| result.dry_run),
            removed_interactions: result.map(|result| result.removed_interactions),
            freed_bytes: result.map(|result| result.freed_bytes),
            message: conditions::clip(words, RECORD_WORDS_MAX).to_owned(),
        };
        self.status.history.insert(0, record);
    }

    /// Keeps no more of the history than the spec says.
    pub(super) fn forget_history(&mut self) {
        let keep = usize::try_from(self.facts.retention.spec.history_limit).unwrap_or(0);
        self.status.history.truncate(keep);
    }

    pub(super) fn forget_old_jobs(&mut self) {
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
