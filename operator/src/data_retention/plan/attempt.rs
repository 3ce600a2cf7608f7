//! The Job of a plan: one attempt after another until one gives a result.

use super::{ATTEMPTS, Draft, Effect};
use crate::{
    clock,
    jobs::{
        outcome::{Attempt, EXIT_USAGE, judge},
        results,
    },
    schedule::Schedule,
    training_run::facts::Claim,
};
use logloop_operator_api::{
    conditions::SUCCEEDED,
    data_retention::{PruneOutcome, PrunePlan, PruneResult, RetentionPhase},
};
use std::time::Duration;

/// Reason of Blocked while an analyzer has the claim to itself.
const GAVE_WAY: &str = "GaveWay";

impl Draft<'_> {
    pub(super) fn carry_on(&mut self, plan: PrunePlan, schedule: Option<&Schedule>) {
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
                None if facts.waiting.is_some() => self.wait_for_analyzer(),
                None => {
                    // It may have been planned a while ago.
                    if let Some(plan) = self.status.plan.as_mut() {
                        plan.protected.clone_from(&facts.protected);
                        plan.protected_datasets
                            .clone_from(&facts.protected_datasets);
                    }
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
        let judged = judge(&facts.attempt);
        let over = facts.waiting.as_ref().is_some_and(|w| w.is_over(facts.now));
        if over && matches!(judged, Attempt::Running { .. }) {
            return self.give_way(plan);
        }
        match judged {
            Attempt::Running {
                blocked: Some(blocked),
            } => {
                self.look_again(facts.look);
                let claim = match &facts.claim {
                    Claim::Found(claim) => claim.as_str(),
                    _ => "of it",
                };
                let told = blocked.told(facts.beside.is_some(), claim);
                self.blocked(&blocked.reason, format!("Job {}: {told}", plan.job_name));
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

    /// A Job that holds the claim while an analyzer waits for it is stopped, as that of a run: whoever asks the analyzer
    /// waits, and what is due is planned anew.
    fn give_way(&mut self, plan: PrunePlan) {
        let pod = self.facts.waiting.as_ref().map(|waiting| &*waiting.pod);
        let words = format!("gave way to pod {}", pod.unwrap_or_default());
        self.status.plan = None;
        self.remember(&plan, PruneOutcome::Stopped, &words);
        self.effects.push(Effect::DeleteJobs(vec![plan.job_name]));
        self.wait_for_analyzer();
    }

    /// Waits while an analyzer waits for the claim, if it does.
    pub(super) fn wait_for_analyzer(&mut self) {
        if let Some(waiting) = &self.facts.waiting {
            let message = format!(
                "gives way: pod {} of an analyzer waits on node {} for the claim, which one node at a time can mount. It is planned anew once that pod runs; a claim with the access mode ReadWriteMany keeps them out of each other's way",
                waiting.pod, waiting.node
            );
            self.blocked(GAVE_WAY, message);
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
        let gone = |dataset: &String| result.datasets.contains(dataset);
        let dependent_versions = self
            .facts
            .trained_on
            .iter()
            .filter(|(_, dataset)| gone(dataset))
            .map(|(version, _)| version.clone())
            .collect();
        self.status.last_result = Some(PruneResult {
            dry_run: result.dry_run,
            removed_interactions: result.interactions,
            freed_bytes: result.freed_bytes,
            segments: result.segments,
            rewritten: result.rewritten,
            datasets: result.datasets,
            models: result.models,
            dependent_versions,
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
        let outcome = match phase {
            RetentionPhase::Succeeded => PruneOutcome::Succeeded,
            _ => PruneOutcome::Failed,
        };
        self.remember(plan, outcome, &message);
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
}
