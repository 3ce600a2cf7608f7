//! Where and how a new version goes into service.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where and how a new version goes into service.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// Name of the analyzer's Deployment. Absent: the one that the operator was installed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 55),
        regex(pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
    )]
    pub target: Option<String>,
    /// `Immediate`: all ready pods load the version at once, without a restart. `Manual`: it is published, and goes into
    /// service when a person says so (`kubectl logloop promote VERSION`). Default: Immediate.
    #[serde(default)]
    pub strategy: Strategy,
    /// Seconds within which every ready pod must have loaded the version; else the one before it is put back.
    /// 1 to 86400. Default: 600.
    #[serde(default = "default_deadline_seconds")]
    #[schemars(range(min = 1, max = 86400))]
    pub deadline_seconds: i64,
}

/// How a version goes into service.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub enum Strategy {
    /// All ready pods load it at once.
    #[default]
    Immediate,
    /// A person brings it into service.
    Manual,
}

fn default_deadline_seconds() -> i64 {
    600
}

impl Default for Rollout {
    fn default() -> Self {
        Self {
            target: None,
            strategy: Strategy::Immediate,
            deadline_seconds: default_deadline_seconds(),
        }
    }
}
