//! What a schedule did and does next.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a schedule is doing.
#[derive(
    Serialize,
    Deserialize,
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    JsonSchema,
)]
#[schemars(inline)]
pub enum SchedulePhase {
    /// Waits for its time, or for data.
    #[default]
    Scheduled,
    /// It would create a run, but something else goes first.
    Waiting,
    /// Its spec says to create none.
    Suspended,
}

impl SchedulePhase {
    /// Every phase.
    pub const ALL: [Self; 3] = [Self::Scheduled, Self::Waiting, Self::Suspended];

    /// As it stands in a status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Waiting => "Waiting",
            Self::Suspended => "Suspended",
        }
    }
}

/// What a schedule did and does next. Written by the operator alone.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct TrainingScheduleStatus {
    /// The generation of the spec this speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Scheduled: waits for its time, or for data. Waiting: it would create a run, but something else goes first.
    /// Suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<SchedulePhase>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Blocked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Its runs that are under way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub active: Vec<String>,
    /// The schedule and zone that the times here are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Since when it has that schedule. Times before that do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_since: Option<Time>,
    /// The time of the schedule for which it last created a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_schedule_time: Option<Time>,
    /// The next time of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_schedule_time: Option<Time>,
    /// The latest time that was missed, and is not made up for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_missed_time: Option<Time>,
    /// When it last created a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_time: Option<Time>,
    /// The run it created last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<String>,
    /// When one of its runs last ended as Succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_successful_time: Option<Time>,
    /// How many runs new data has led to; part of the name of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggered: Option<i64>,
    /// What the analyzer had kept when the last run was created. New is what came after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Figures>,
    /// What the analyzer has kept, as it last said. With a trigger only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Figures>,
}

/// What an analyzer has kept. A figure that it does not tell is absent.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Interactions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interactions: Option<i64>,
    /// Interactions with feedback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<i64>,
    /// Corrections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrections: Option<i64>,
    /// Interactions that people said were not useful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative: Option<i64>,
}
