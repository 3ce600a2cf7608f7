//! `TrainingRun`: from what was kept to a better model in service, once.

mod gate;
mod phase;
mod rollout;
mod source;
mod status;
mod trainer;

pub use gate::{Gate, GateMetric, OnInsufficient};
pub use phase::Phase;
pub use rollout::{Rollout, Strategy};
pub use source::{Export, Source};
pub use status::{
    Dataset, GateResult, MetricResult, Model, Outcome, PodLoad, Progress, RolloutStatus, Stable,
    Step, StepName, TrainingRunStatus, Verdict,
};
pub use trainer::{Device, ModelKind, Trainer};

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// What to train on, how, what the result must be worth, and where it goes into service. Immutable but for
/// `suspend`: to train again, create another TrainingRun.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "logloop.dev",
    version = "v1alpha1",
    kind = "TrainingRun",
    plural = "trainingruns",
    shortname = "trun",
    category = "logloop",
    namespaced,
    status = "TrainingRunStatus",
    derive = "PartialEq",
    doc = "A TrainingRun exports what the analyzer kept, trains models from it in Jobs, checks them, and brings the new version into service. It runs once; of its spec only suspend can change.",
    validation = Rule::new("!has(oldSelf.status) || !has(oldSelf.status.phase) || !(oldSelf.status.phase in ['Succeeded', 'Skipped', 'Rejected', 'RolledBack', 'Failed']) || (has(self.status) && has(self.status.phase) && self.status.phase == oldSelf.status.phase)").message("a run that has ended never changes its phase; create another TrainingRun"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase", description = "Where the run is"),
    printcolumn(name = "Examples", type_ = "integer", json_path = ".status.dataset.examples", description = "Examples in the data set"),
    printcolumn(name = "Progress", type_ = "integer", json_path = ".status.progress.percent", description = "Percent of the training that is done", priority = 1),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.model.version", description = "The model version it published"),
    printcolumn(name = "Gate", type_ = "string", json_path = ".status.gate.verdict", description = "What the gate said"),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.message", description = "What it waits for, or how it ended"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp", description = "Time since it was created")
)]
#[serde(rename_all = "camelCase")]
pub struct TrainingRunSpec {
    /// What to train on.
    #[serde(default)]
    pub source: Source,
    /// The Job that turns what was kept into a data set.
    #[serde(default)]
    pub export: Export,
    /// The Job that trains, and the one that evaluates.
    #[serde(default)]
    pub trainer: Trainer,
    /// What the new version must be worth to go into service. Absent: an intact artifact is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
    /// Where and how the new version goes into service.
    #[serde(default)]
    pub rollout: Rollout,
    /// Stop: the Job that runs is deleted, nothing is started, and no deadline counts. Set it to false again, and the
    /// step that was stopped is tried anew. A rollout that has begun is finished first. Default: false.
    #[serde(default)]
    pub suspend: bool,
    /// How many times a failed Job is tried again, for each step. 0 to 10. Default: 2.
    #[serde(default = "default_backoff_limit")]
    #[schemars(range(min = 0, max = 10))]
    pub backoff_limit: i32,
    /// Seconds the whole run may take from its creation, not counting those in which it was suspended, after which
    /// it is Failed. At least 1. Absent: only the
    /// deadline of each phase counts (Pending 1 hour, Queued 24 hours, Exporting 6 hours, Training 24 hours, Gating
    /// 6 hours, RollingOut as `rollout.deadlineSeconds` says).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub active_deadline_seconds: Option<i64>,
    /// Seconds after its end when the run and its Jobs are deleted. The ModelVersion stays. Absent: kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub ttl_seconds_after_finished: Option<i64>,
}

fn default_backoff_limit() -> i32 {
    2
}

impl Default for TrainingRunSpec {
    fn default() -> Self {
        Self {
            source: Source::default(),
            export: Export::default(),
            trainer: Trainer::default(),
            gate: None,
            rollout: Rollout::default(),
            suspend: false,
            backoff_limit: default_backoff_limit(),
            active_deadline_seconds: None,
            ttl_seconds_after_finished: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_spec_is_the_default_spec() {
        let empty: TrainingRunSpec = serde_json::from_str("{}").expect("every field has a default");
        assert_eq!(empty, TrainingRunSpec::default());
    }
}
