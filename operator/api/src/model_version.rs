//! `ModelVersion`: what a run published. It outlives its run.

use crate::training_run::{Rollout, Stable};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was published, from what, and for which analyzer. Immutable.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "logloop.dev",
    version = "v1alpha1",
    kind = "ModelVersion",
    plural = "modelversions",
    shortname = "modelv",
    category = "logloop",
    namespaced,
    status = "ModelVersionStatus",
    derive = "PartialEq",
    doc = "A ModelVersion is a model that a TrainingRun published: what it was trained from, what it measured, and whether it serves. It stays when its run is deleted.",
    printcolumn(
        name = "Phase",
        type_ = "string",
        json_path = ".status.phase",
        description = "Whether it serves"
    ),
    printcolumn(
        name = "Target",
        type_ = "string",
        json_path = ".spec.target",
        description = "The analyzer it is for"
    ),
    printcolumn(
        name = "Loaded",
        type_ = "string",
        json_path = ".status.loaded",
        description = "Ready pods of the analyzer that have loaded it"
    ),
    printcolumn(
        name = "Run",
        type_ = "string",
        json_path = ".spec.run",
        description = "The TrainingRun it came from"
    ),
    printcolumn(
        name = "F1",
        type_ = "number",
        json_path = ".spec.metrics.failure_f1",
        description = "F1 score of its failures on the part of the data set it was not trained on"
    ),
    printcolumn(
        name = "Digest",
        type_ = "string",
        json_path = ".spec.digest",
        description = "SHA-256 of its model.safetensors",
        priority = 1
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.message",
        description = "Why it is in this phase",
        priority = 1
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Time since it was published"
    )
)]
#[x_kube(validation = Rule::new("self == oldSelf").message("a ModelVersion is what was published and never changes"))]
#[serde(rename_all = "camelCase")]
pub struct ModelVersionSpec {
    /// Name of the TrainingRun it came from.
    #[schemars(length(min = 1, max = 253))]
    pub run: String,
    /// UID of that TrainingRun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_uid: Option<String>,
    /// Its name: the folder below `models/` of the claim.
    #[schemars(length(min = 1, max = 63))]
    pub version: String,
    /// SHA-256 of its `model.safetensors`.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub digest: String,
    /// ID of the data set it was trained on.
    pub dataset_id: String,
    /// SHA-256 over the content of that data set.
    pub dataset_digest: String,
    /// SHA-256 over the settings and the gate that decide on a model besides the data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<String>,
    /// The claim it lies on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The version it was trained from; absent if from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The analyzer it is for.
    #[schemars(length(min = 1, max = 63))]
    pub target: String,
    /// How it is to be brought into service.
    #[serde(default)]
    pub rollout: Rollout,
    /// What the trainer measured on the part of the data set it did not train on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, f64>,
}

/// Whether a version serves.
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
pub enum ModelPhase {
    /// Published.
    #[default]
    Candidate,
    /// Answers.
    Serving,
    /// Answered before.
    Retired,
    /// Kept out by the gate.
    Rejected,
    /// Was put in and taken out again.
    RolledBack,
}

impl ModelPhase {
    /// Every phase.
    pub const ALL: [Self; 5] = [
        Self::Candidate,
        Self::Serving,
        Self::Retired,
        Self::Rejected,
        Self::RolledBack,
    ];

    /// As it stands in a status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "Candidate",
            Self::Serving => "Serving",
            Self::Retired => "Retired",
            Self::Rejected => "Rejected",
            Self::RolledBack => "RolledBack",
        }
    }
}

/// Whether a version serves. Written by the operator alone.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ModelVersionStatus {
    /// The generation of the spec this speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Candidate: published. Serving: answers. Retired: answered before. Rejected: the gate or its run kept it out.
    /// RolledBack: was put in and taken out again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<ModelPhase>,
    /// Why it is in this phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Ready pods that have loaded it, of those there are: `2/2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded: Option<String>,
    /// When it last went into service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serving_since: Option<Time>,
    /// Serving.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

impl ModelVersionSpec {
    /// Name and digest, as a serving document has them.
    pub fn stable(&self) -> Stable {
        Stable {
            version: self.version.clone(),
            digest: self.digest.clone(),
        }
    }
}
