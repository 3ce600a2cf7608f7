//! `TrainingSchedule`: stamps TrainingRuns, by time or when enough new data has come in.

mod status;
mod trigger;

pub use status::{Figures, SchedulePhase, TrainingScheduleStatus};
pub use trigger::{DataTrigger, NegativeShare};

use crate::training_run::TrainingRunSpec;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// When to train, and what a run is to be.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "logloop.dev",
    version = "v1alpha1",
    kind = "TrainingSchedule",
    plural = "trainingschedules",
    shortname = "tsched",
    category = "logloop",
    namespaced,
    status = "TrainingScheduleStatus",
    derive = "PartialEq",
    doc = "A TrainingSchedule creates TrainingRuns from a template: at the times of a cron schedule, or when an analyzer has kept enough that is new. What the runs publish stays when the schedule is deleted; the runs go with it.",
    printcolumn(
        name = "Schedule",
        type_ = "string",
        json_path = ".spec.schedule",
        description = "When it creates a run; empty: by new data alone"
    ),
    printcolumn(
        name = "Phase",
        type_ = "string",
        json_path = ".status.phase",
        description = "What it is doing"
    ),
    printcolumn(
        name = "Active",
        type_ = "string",
        json_path = ".status.active",
        description = "Its runs that are under way"
    ),
    printcolumn(
        name = "Last",
        type_ = "date",
        json_path = ".status.lastRunTime",
        description = "Time since it last created a run"
    ),
    printcolumn(
        name = "Next",
        type_ = "string",
        json_path = ".status.nextScheduleTime",
        description = "The next time of the schedule"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.message",
        description = "What it waits for"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Time since it was created"
    )
)]
#[x_kube(validation = Rule::new("has(self.schedule) || has(self.trigger)").message("a TrainingSchedule needs schedule, trigger or both"))]
#[x_kube(validation = Rule::new("has(self.schedule) || (!has(self.timeZone) && !has(self.startingDeadlineSeconds))").message("timeZone and startingDeadlineSeconds belong to schedule; give a schedule, too"))]
#[serde(rename_all = "camelCase")]
pub struct TrainingScheduleSpec {
    /// When to create a run, as five fields of cron: minute, hour, day of the month, month, day of the week. If times
    /// were missed, only the latest one is caught up with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 9, max = 100))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9A-Za-z*,/#?-]+( +[0-9A-Za-z*,/#?-]+){4}$')").message("schedule needs five fields of cron: minute, hour, day of the month, month, day of the week, such as 17 3 * * *"))]
    pub schedule: Option<String>,
    /// The zone in which the schedule is read, by its IANA name, such as `Europe/Berlin`. Default: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$')").message("timeZone is the IANA name of a zone, such as Europe/Berlin or UTC"))]
    pub time_zone: Option<String>,
    /// Seconds after its time within which a run is still created if it could not be before. At least 10. Absent: the
    /// latest time is caught up with however late it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10))]
    pub starting_deadline_seconds: Option<i64>,
    /// Create a run when enough new data has come in, besides the schedule or without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<DataTrigger>,
    /// What to do when a run of this schedule is still under way: Forbid (the default) waits for its end, Replace
    /// deletes it, Allow creates one beside it.
    #[serde(default)]
    pub concurrency_policy: ConcurrencyPolicy,
    /// Create no runs. Those under way go on. Default: false.
    #[serde(default)]
    pub suspend: bool,
    /// How many runs to keep that ended as Succeeded or Skipped. 0 to 100. Default: 3.
    #[serde(default = "default_history_limit")]
    #[schemars(range(min = 0, max = 100))]
    pub successful_runs_history_limit: i32,
    /// How many runs to keep that ended otherwise. 0 to 100. Default: 3.
    #[serde(default = "default_history_limit")]
    #[schemars(range(min = 0, max = 100))]
    pub failed_runs_history_limit: i32,
    /// What each run is to be.
    #[serde(default)]
    pub template: RunTemplate,
}

/// What to do when a run is still under way.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub enum ConcurrencyPolicy {
    /// Wait for its end.
    #[default]
    Forbid,
    /// Delete it.
    Replace,
    /// Create another beside it.
    Allow,
}

/// A run to be.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct RunTemplate {
    /// Labels and annotations of the run. Its labels pass on to its Jobs.
    #[serde(default)]
    pub metadata: RunMetadata,
    /// The run's spec.
    #[serde(default)]
    pub spec: TrainingRunSpec,
}

/// Labels and annotations of a run to be.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RunMetadata {
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

fn default_history_limit() -> i32 {
    3
}
