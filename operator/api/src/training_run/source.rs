//! What a run trains on.

use crate::{duration, placement::Placement};
use k8s_openapi::api::core::v1::ResourceRequirements;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// What to train on.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Name of the PersistentVolumeClaim that holds the collected data, in this namespace. Absent: the claim that
    /// the operator was installed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub claim: Option<String>,
    /// Train only on what was kept in this span before the run was created: a whole number and a unit of s, m, h, d
    /// or w, such as `30d`. Absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = duration::PATTERN))]
    pub since: Option<String>,
    /// With fewer examples than this in the data set, the run ends as Skipped. Default: 10.
    #[serde(default = "default_min_examples")]
    #[schemars(range(min = 0))]
    pub min_examples: i64,
    /// End as Skipped if the same data set was already trained on with the same settings and the same gate, and the
    /// result serves or was kept out by that gate. Default: true.
    #[serde(default = "default_skip_unchanged")]
    pub skip_unchanged: bool,
}

fn default_min_examples() -> i64 {
    10
}

fn default_skip_unchanged() -> bool {
    true
}

impl Default for Source {
    fn default() -> Self {
        Self {
            claim: None,
            since: None,
            min_examples: default_min_examples(),
            skip_unchanged: default_skip_unchanged(),
        }
    }
}

/// The Job that turns what was kept into a data set.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    /// Resources of its container. Default: requests of 50m CPU and 64Mi memory, a limit of 1Gi memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,
    /// Where the pods run.
    #[serde(flatten)]
    pub placement: Placement,
}
