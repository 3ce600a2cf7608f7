//! What is known of a run.

use super::Phase;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of a run. Written by the operator alone.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct TrainingRunStatus {
    /// The generation of the spec this speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Where the run is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// When it came to that phase; later by as long as it was suspended or its Job was queued in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase_since: Option<Time>,
    /// What it waits for, what clears it and until when; or how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Finished, Complete, Blocked, Suspended, DatasetReady, ModelPublished, Gated, Serving.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The claim it works on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The analyzer it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// SHA-256 over the settings and the gate that decide on the model besides the data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<String>,
    /// Since when it is suspended; absent if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_since: Option<Time>,
    /// Seconds it was suspended before that. No deadline counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_seconds: Option<i64>,
    /// Since when its Job waits to be admitted by a queue; absent if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_since: Option<Time>,
    /// One record for each attempt at each step; of many that were suspended, the latest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// How far training has come, as an analyzer on the same claim sees it; absent while nothing trains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The data set it exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Dataset>,
    /// The model version it published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// What the gate said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateResult>,
    /// How the rollout stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutStatus>,
    /// When the operator took the run up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// When the run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_time: Option<Time>,
}

/// A step that runs as a Job.
#[derive(
    Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum StepName {
    /// What was kept becomes a data set.
    Export,
    /// The data set becomes a model version.
    Train,
    /// The new version is scored beside the one in service.
    Evaluate,
}

impl StepName {
    /// As it stands in names, labels and results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Train => "train",
            Self::Evaluate => "evaluate",
        }
    }
}

/// How an attempt ended.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub enum Outcome {
    /// Its result was read.
    Succeeded,
    /// It said why it failed.
    Failed,
    /// It ended without a result that could be read.
    Lost,
    /// It was stopped because the run was suspended, or gave way to an analyzer. Not a failure.
    Suspended,
}

/// One attempt at one step.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Which step.
    pub step: StepName,
    /// Which attempt, from 1.
    pub attempt: i32,
    /// Name of its Job.
    pub job_name: String,
    /// UID of its Job.
    pub job_uid: String,
    /// When its Job was created.
    pub started: Time,
    /// When its outcome was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Time>,
    /// Succeeded; Failed; Lost, when the Job ended without a result that could be read; or Suspended, when it was
    /// stopped because the run was suspended, or gave way to an analyzer that waits for the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Digest of what it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The container's own last words, or why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Exit code of the container, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

/// How far training has come.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Percent of the steps that it takes if it does not stop early.
    pub percent: i64,
    /// Mean training loss of this epoch so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Seconds until the last step, at this pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<i64>,
}

/// A data set.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Dataset {
    /// Its ID: the folder below `datasets/` of the claim.
    pub id: String,
    /// SHA-256 over its content.
    pub digest: String,
    /// Examples in it.
    pub examples: i64,
    /// Examples of failures in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<i64>,
    /// Corrections in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrections: Option<i64>,
    /// Corrections and gold examples held out of training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<i64>,
}

/// A published model version.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// Its name: the folder below `models/` of the claim, and the name of the ModelVersion.
    pub version: String,
    /// SHA-256 of `model.safetensors`.
    pub digest: String,
    /// What the trainer measured on the part of the data set it did not train on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, f64>,
}

/// A gate's verdict.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub enum Verdict {
    /// As good as asked for.
    Pass,
    /// Not as good as asked for.
    Fail,
    /// Too little to judge by.
    Insufficient,
    /// There is no gate.
    NotRequested,
}

impl Verdict {
    /// As it stands in a status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Fail => "Fail",
            Self::Insufficient => "Insufficient",
            Self::NotRequested => "NotRequested",
        }
    }
}

/// What the gate said.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct GateResult {
    /// Pass, Fail, Insufficient, or NotRequested.
    pub verdict: Verdict,
    /// Why, with figures.
    pub reason: String,
    /// Name of the version it was compared with; `rules` if none served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
    /// Each metric.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricResult>,
}

/// One metric of a gate.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct MetricResult {
    /// Name of the metric.
    pub name: String,
    /// What it alone would say.
    pub verdict: Verdict,
    /// Why, with figures.
    pub reason: String,
    /// Value of the new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<f64>,
    /// Value of the version in service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serving: Option<f64>,
    /// Samples it was measured on.
    pub samples: i64,
}

/// A version that answers.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Stable {
    /// Its name.
    pub version: String,
    /// SHA-256 of its `model.safetensors`.
    pub digest: String,
}

/// How a rollout stands.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct RolloutStatus {
    /// What answered before; absent if that was the rules. It is put back if the rollout fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Stable>,
    /// Generation of the serving document that names the new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// Pods that have loaded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded: Option<i64>,
    /// Ready pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<i64>,
    /// Each pod that has not loaded it, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<PodLoad>,
    /// Why the version before is being put back, or was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<String>,
}

/// One pod that has not loaded a version.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PodLoad {
    /// Name of the pod.
    pub pod: String,
    /// What it said.
    pub message: String,
}
