//! Its runs: which are under way, and which are old enough to go.

use super::{Draft, Effect, phase_of};
use kube::ResourceExt;
use logloop_operator_api::training_run::Phase;

impl Draft<'_> {
    /// Puts on record which runs are under way, and when one last ended well.
    pub(super) fn count_runs(&mut self) {
        let runs = &self.facts.runs;
        let active = runs.iter().filter(|run| !phase_of(run).is_terminal());
        self.status.active = active.map(ResourceExt::name_any).collect();
        let ended = runs
            .iter()
            .filter(|run| phase_of(run) == Phase::Succeeded)
            .filter_map(|run| run.status.as_ref()?.completion_time.clone());
        let before = self.status.last_successful_time.take();
        self.status.last_successful_time = ended.chain(before).max_by_key(|time| time.0);
    }

    /// Deletes the oldest of the runs that have ended.
    pub(super) fn forget_old_runs(&mut self) {
        let spec = &self.facts.schedule.spec;
        let well = |phase| matches!(phase, Phase::Succeeded | Phase::Skipped);
        let mut old = Vec::new();
        for (wanted, limit) in [
            (true, spec.successful_runs_history_limit),
            (false, spec.failed_runs_history_limit),
        ] {
            let ended: Vec<String> = self
                .facts
                .runs
                .iter()
                .filter(|run| phase_of(run).is_terminal() && well(phase_of(run)) == wanted)
                .map(ResourceExt::name_any)
                .collect();
            let keep = usize::try_from(limit).unwrap_or(0);
            old.extend(ended.iter().take(ended.len().saturating_sub(keep)).cloned());
        }
        // One whose creation is not on record yet would be created again.
        old.retain(|name| self.is_recorded(name));
        if !old.is_empty() {
            self.effects.push(Effect::DeleteRuns(old));
        }
    }
}
