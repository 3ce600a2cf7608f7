//! When enough new data has come in.

use crate::duration;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// When enough new data has come in: any one of these is enough. New is what came after this schedule's last run was
/// created; before its first run, all there is.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(validation = Rule::new("has(self.newInteractions) || has(self.newFeedback) || has(self.newCorrections) || has(self.negativeShare)").message("a trigger needs newInteractions, newFeedback, newCorrections or negativeShare"))]
#[serde(rename_all = "camelCase")]
pub struct DataTrigger {
    /// So many new interactions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub new_interactions: Option<i64>,
    /// So many interactions more that people gave feedback on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub new_feedback: Option<i64>,
    /// So many corrections more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub new_corrections: Option<i64>,
    /// So large a share of the new feedback says that an analysis was not useful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative_share: Option<NegativeShare>,
    /// Time between the creation of two runs, at least: a whole number and a unit of s, m, h, d or w. Default: 1h.
    #[serde(default = "default_min_interval")]
    #[schemars(regex(pattern = duration::PATTERN))]
    pub min_interval: String,
}

/// A share of the new feedback.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct NegativeShare {
    /// Percent of the new feedback. 1 to 100.
    #[schemars(range(min = 1, max = 100))]
    pub percent: i64,
    /// With less new feedback than this the share says nothing. At least 1. Default: 20.
    #[serde(default = "default_min_feedback")]
    #[schemars(range(min = 1))]
    pub min_feedback: i64,
}

fn default_min_interval() -> String {
    "1h".into()
}

fn default_min_feedback() -> i64 {
    20
}
