//! A run is due: is another in its way?

use super::{Draft, Effect, due::Due};
use crate::clock;
use kube::ResourceExt;
use logloop_operator_api::training_schedule::{ConcurrencyPolicy, SchedulePhase};

impl Draft<'_> {
    pub(super) fn create(&mut self, due: Due) {
        let facts = self.facts;
        // It was created before the status could say so.
        let exists = facts.runs.iter().any(|run| run.name_any() == due.name);
        if !exists {
            let others = self.status.active.clone();
            match facts.schedule.spec.concurrency_policy {
                ConcurrencyPolicy::Allow => {}
                _ if others.is_empty() && facts.going.is_empty() => {}
                ConcurrencyPolicy::Forbid => {
                    let other = others.iter().chain(&facts.going).next();
                    return self.wait_for(other.cloned().unwrap_or_default(), &due);
                }
                ConcurrencyPolicy::Replace => {
                    if let Some(first) = others.first() {
                        let message = format!(
                            "TrainingRun {first} is deleted: {}, and concurrencyPolicy is Replace",
                            due.because
                        );
                        self.rest(SchedulePhase::Waiting, message);
                        self.effects.push(Effect::DeleteRuns(others));
                        return self.look_again(facts.look);
                    }
                    let going = facts.going.first().cloned().unwrap_or_default();
                    return self.wait_for(going, &due);
                }
            }
            self.effects.push(Effect::CreateRun {
                name: due.name.clone(),
                because: due.because.clone(),
            });
            self.status.active.push(due.name.clone());
        }
        self.unblocked("Created");
        let now = clock::time(facts.now);
        match due.scheduled {
            Some(tick) => self.status.last_schedule_time = Some(clock::time(tick)),
            None => *self.status.triggered.get_or_insert(0) += 1,
        }
        self.begin_counting();
        self.status.last_run_time = Some(now);
        self.rest(
            SchedulePhase::Scheduled,
            format!("created TrainingRun {}: {}", due.name, due.because),
        );
        self.status.last_run = Some(due.name);
        if let Some(next) = &self.status.next_schedule_time {
            self.look_again(clock::until(next.0, facts.now));
        }
    }

    fn wait_for(&mut self, other: String, due: &Due) {
        self.unblocked("Waiting");
        self.rest(
            SchedulePhase::Waiting,
            format!(
                "{}; a run is created when TrainingRun {other} has ended or is gone",
                due.because
            ),
        );
        self.look_again(self.facts.look);
    }

    /// Whether the status knows of a run's creation.
    pub(super) fn is_recorded(&self, name: &str) -> bool {
        let status = self.facts.schedule.status.clone().unwrap_or_default();
        let newest = self.facts.runs.last().map(ResourceExt::name_any);
        status.last_run.as_deref() == Some(name) || newest.as_deref() != Some(name)
    }
}
