//! What a new version must be worth.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a new version must be worth to go into service. It is scored beside the one in service, on the corrections
/// and gold examples that were held out of training.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// The metrics to look at; all must pass.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub metrics: Vec<GateMetric>,
    /// What to do when a metric has fewer samples than it needs: Reject (the default), or Promote all the same.
    #[serde(default)]
    pub on_insufficient: OnInsufficient,
}

/// One metric and its limits.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = Rule::new("has(self.min) || has(self.maxRegression)").message("a gate metric needs min, maxRegression or both"))]
#[serde(rename_all = "camelCase")]
pub struct GateMetric {
    /// Name of the metric as the trainer reports it, such as `failure_f1`, `failure_precision`, `failure_recall`,
    /// `failure_accuracy`, `severity_mae`, `sequence_recall` or `sequence_alarm_rate`. Of names that end in `_mae`,
    /// `_brier`, `_ece` or `_alarm_rate` less is better.
    #[schemars(length(min = 1, max = 63), regex(pattern = "^[a-z][a-z0-9_]*$"))]
    pub name: String,
    /// The value the new version must reach. For a metric of which less is better: the value it must not exceed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// How much worse than the version in service the new one may be. 0: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub max_regression: Option<f64>,
    /// Samples below which the metric says nothing. At least 1. Default: 1.
    #[serde(default = "default_min_samples")]
    #[schemars(range(min = 1))]
    pub min_samples: i64,
}

fn default_min_samples() -> i64 {
    1
}

/// What to do when there is too little to judge by.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub enum OnInsufficient {
    /// Keep the version out of service.
    #[default]
    Reject,
    /// Bring it into service all the same.
    Promote,
}
