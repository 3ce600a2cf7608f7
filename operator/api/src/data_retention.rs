//! `DataRetention`: keeps the collected data within its limits.

use crate::{bytes::ByteSize, duration, placement::Placement};
use k8s_openapi::{
    api::core::v1::ResourceRequirements,
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to keep, and when to remove the rest.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "logloop.dev",
    version = "v1alpha1",
    kind = "DataRetention",
    plural = "dataretentions",
    shortname = "dret",
    category = "logloop",
    namespaced,
    status = "DataRetentionStatus",
    derive = "PartialEq",
    doc = "A DataRetention removes, through a Job, what is older or more than it says from a claim: interactions, data sets and models. With dryRun it only reports what it would remove.",
    printcolumn(
        name = "Schedule",
        type_ = "string",
        json_path = ".spec.schedule",
        description = "When it runs; empty: once for each change of its spec"
    ),
    printcolumn(
        name = "Phase",
        type_ = "string",
        json_path = ".status.phase",
        description = "What it is doing"
    ),
    printcolumn(
        name = "DryRun",
        type_ = "boolean",
        json_path = ".spec.dryRun",
        description = "Only report"
    ),
    printcolumn(
        name = "Removed",
        type_ = "integer",
        json_path = ".status.lastResult.removedInteractions",
        description = "Interactions the last run removed, or would have"
    ),
    printcolumn(
        name = "Freed",
        type_ = "integer",
        json_path = ".status.lastResult.freedBytes",
        description = "Bytes the last run freed, or would have"
    ),
    printcolumn(
        name = "Last",
        type_ = "date",
        json_path = ".status.lastRunTime",
        description = "Time since the last run"
    ),
    printcolumn(
        name = "Next",
        type_ = "string",
        json_path = ".status.nextRunTime",
        description = "When it runs next"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.message",
        description = "What it waits for, or how the last run ended"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Time since it was created"
    )
)]
#[x_kube(validation = Rule::new("has(self.keep.maxAge) || has(self.keep.maxBytes) || has(self.datasets.keepLast) || has(self.models.keepLast)").message("a DataRetention needs a limit: keep.maxAge, keep.maxBytes, datasets.keepLast or models.keepLast"))]
#[x_kube(validation = Rule::new("has(self.schedule) || !has(self.timeZone)").message("timeZone says in which zone schedule is read; give a schedule, too"))]
#[serde(rename_all = "camelCase")]
pub struct DataRetentionSpec {
    /// When to run, as five fields of cron: minute, hour, day of the month, month, day of the week. If a time was
    /// missed, only the latest one is caught up with. Absent: it runs once, and once more whenever the spec changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 9, max = 100))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9A-Za-z*,/#?-]+( +[0-9A-Za-z*,/#?-]+){4}$')").message("schedule needs five fields of cron: minute, hour, day of the month, month, day of the week, such as 17 3 * * *"))]
    pub schedule: Option<String>,
    /// The zone in which the schedule is read, by its IANA name, such as `Europe/Berlin`. Default: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$')").message("timeZone is the IANA name of a zone, such as Europe/Berlin or UTC"))]
    pub time_zone: Option<String>,
    /// Name of the PersistentVolumeClaim that holds the collected data, in this namespace. Absent: the claim that
    /// the operator was installed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub claim: Option<String>,
    /// Which interactions to keep.
    #[serde(default)]
    pub keep: Keep,
    /// Which data sets to keep.
    #[serde(default)]
    pub datasets: KeepLast,
    /// Which models to keep. A version that serves, that served last or that a run works with is always kept.
    #[serde(default)]
    pub models: KeepLast,
    /// Only report what would be removed. Default: false.
    #[serde(default)]
    pub dry_run: bool,
    /// Do not start. What runs already goes on. Default: false.
    #[serde(default)]
    pub suspend: bool,
    /// How many finished Jobs to keep, and records of them in `status.history`. 0 to 100. Default: 3.
    #[serde(default = "default_history_limit")]
    #[schemars(range(min = 0, max = 100))]
    pub history_limit: i32,
    /// Resources of the Job's container. Default: requests of 50m CPU and 64Mi memory, a limit of 1Gi memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,
    /// Where the Job's pods run.
    #[serde(flatten)]
    pub placement: Placement,
}

/// Which interactions to keep. Without a limit all are kept.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[x_kube(validation = Rule::new("!has(self.correctedFor) || has(self.maxAge)").message("correctedFor keeps corrected interactions longer than maxAge; give maxAge, too"))]
#[serde(rename_all = "camelCase")]
pub struct Keep {
    /// Remove interactions older than this: a whole number and a unit of s, m, h, d or w, such as `90d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = duration::PATTERN))]
    pub max_age: Option<String>,
    /// Remove the oldest interactions until the rest is no larger than this: bytes, or a quantity such as `10Gi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("type(self) == int ? self > 0 : self.matches('^[1-9][0-9]{0,17}(Ki|Mi|Gi|Ti|Pi|k|K|M|G|T|P)?$')").message("maxBytes is a number of bytes above 0, or a quantity such as 500Mi or 10Gi"))]
    pub max_bytes: Option<ByteSize>,
    /// Keep interactions that people corrected for this long, even if they are older than `maxAge`: such as `365d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = duration::PATTERN))]
    pub corrected_for: Option<String>,
}

/// How many of a kind to keep.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct KeepLast {
    /// Keep the newest so many and remove the rest. At least 1. Absent: keep all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub keep_last: Option<i64>,
}

fn default_history_limit() -> i32 {
    3
}

impl Default for DataRetentionSpec {
    fn default() -> Self {
        Self {
            schedule: None,
            time_zone: None,
            claim: None,
            keep: Keep::default(),
            datasets: KeepLast::default(),
            models: KeepLast::default(),
            dry_run: false,
            suspend: false,
            history_limit: default_history_limit(),
            resources: None,
            placement: Placement::default(),
        }
    }
}

/// What a retention is doing.
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
pub enum RetentionPhase {
    /// Waits for its time.
    #[default]
    Scheduled,
    /// Its time has come, but something else goes first.
    Waiting,
    /// Its Job runs.
    Running,
    /// It ran well, and has no schedule to run again.
    Succeeded,
    /// It did not run well, and has no schedule to run again.
    Failed,
    /// Its spec says not to start.
    Suspended,
}

impl RetentionPhase {
    /// Every phase.
    pub const ALL: [Self; 6] = [
        Self::Scheduled,
        Self::Waiting,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Suspended,
    ];

    /// As it stands in a status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Waiting => "Waiting",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Suspended => "Suspended",
        }
    }
}

/// What a retention did and does next. Written by the operator alone.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct DataRetentionStatus {
    /// The generation of the spec this speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Scheduled: waits for its time. Waiting: its time has come, but something else goes first. Running: its Job
    /// runs. Succeeded and Failed: it has run, and has no schedule to run again. Suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<RetentionPhase>,
    /// What it waits for, or how the last run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Succeeded, Blocked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// When the last run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_time: Option<Time>,
    /// When it runs next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run_time: Option<Time>,
    /// The time of the schedule that was last taken up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_schedule_time: Option<Time>,
    /// The generation that was last carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_generation: Option<i64>,
    /// What the last run removed, or would have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_result: Option<PruneResult>,
    /// What was carried out before, the latest first; no more than `spec.historyLimit`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<PruneRecord>,
    /// What is being carried out now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PrunePlan>,
}

/// What a prune removed, or would have.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct PruneResult {
    /// Whether nothing was removed, only reported.
    pub dry_run: bool,
    /// Interactions removed.
    pub removed_interactions: i64,
    /// Bytes freed.
    pub freed_bytes: i64,
    /// Segments removed.
    pub segments: i64,
    /// Segments written anew without what was removed from them.
    #[serde(default)]
    pub rewritten: i64,
    /// Data sets removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub datasets: Vec<String>,
    /// Models removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Versions that were trained on data sets among those removed, or that would be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependent_versions: Vec<String>,
    /// Interactions kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_interactions: Option<i64>,
    /// Time of the oldest interaction kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_kept: Option<String>,
    /// In the words of the Job.
    pub message: String,
}

/// How a prune ended.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub enum PruneOutcome {
    /// It did what it was to do.
    Succeeded,
    /// It could not be done.
    Failed,
    /// It was stopped because the spec had changed.
    Stopped,
}

/// One prune that has ended.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct PruneRecord {
    /// How it ended.
    pub outcome: PruneOutcome,
    /// When it ended.
    pub finished: Time,
    /// The time of the schedule it was for; absent without a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Time>,
    /// Name of its last Job.
    pub job_name: String,
    /// Digest of its plan.
    pub plan_digest: String,
    /// Whether nothing was removed, only reported; absent unless it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// Interactions it removed, or would have; absent unless it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_interactions: Option<i64>,
    /// Bytes it freed, or would have; absent unless it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freed_bytes: Option<i64>,
    /// In its own words, cut to what a list should hold.
    pub message: String,
}

/// What a prune Job carries out.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct PrunePlan {
    /// SHA-256 over what is to be kept, dryRun and the cut-off.
    pub digest: String,
    /// The moment from which ages are counted. Nothing newer is removed.
    pub cutoff: Time,
    /// After this moment the Job removes nothing more.
    pub not_after: Time,
    /// The generation of the spec it was made from.
    pub generation: i64,
    /// The time of the schedule it is for; absent without a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Time>,
    /// Which attempt, from 1.
    pub attempt: i32,
    /// Name of its Job.
    pub job_name: String,
    /// UID of its Job; absent until it is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_uid: Option<String>,
    /// Versions that are kept whatever their age.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protected: Vec<String>,
    /// Data sets that are kept whatever their age: those of runs that have not ended, and of the versions in `protected`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protected_datasets: Vec<String>,
    /// Earliest time of the next attempt, after a failed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Time>,
}
