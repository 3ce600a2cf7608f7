//! The training example: what an export makes of interactions and of what people said about them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One labelled log entry (after folding: `count` of the same template and label).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingExample {
    /// The entry as logged, up to a named bound.
    pub log_entry: String,
    /// Part of the system that logged it.
    pub component: Option<String>,
    /// What it was doing.
    pub operation: Option<String>,
    /// Level as logged, upper case.
    pub level: Option<String>,
    /// The label.
    pub is_failure: bool,
    /// 0 (harmless) to 1 (fatal).
    pub severity: f32,
    /// Named patterns and how often each matched.
    pub error_patterns: BTreeMap<String, u32>,
    /// Words that made it a failure.
    pub keywords: Vec<String>,
    /// Time of the entry, as logged.
    pub timestamp: Option<String>,
    /// Transaction, trace or request id.
    pub transaction_id: Option<String>,
    /// `chat_interaction` or `log`.
    pub source: String,
    /// When the interaction was recorded.
    pub interaction_timestamp: Option<DateTime<Utc>>,
    /// Who says so.
    pub label_source: LabelSource,
    /// Weight in the loss, above 0.
    pub weight: f32,
    /// The message with its variables replaced by `<*>`.
    pub template: String,
    /// The interaction it comes from.
    pub interaction_id: Option<String>,
    /// Entries folded into this one.
    pub count: u64,
    /// Never trained on: it judges. Decided when the correction was stored.
    pub held_out: bool,
    /// Who corrected, else who sent the log: a hash that tells one from another and says no name; none where nobody is
    /// told apart. Of weak labels that were folded it is the first one's.
    #[serde(default)]
    pub contributor: Option<String>,
    /// What the reader of the answer thought of it.
    #[serde(default)]
    pub is_useful: Option<bool>,
    /// The reader's comment on the answer.
    #[serde(default)]
    pub user_feedback: Option<String>,
    /// When its label was said, where a person gave it and that is known; of those that were folded the last one's.
    #[serde(default)]
    pub said_at: Option<DateTime<Utc>>,
    /// The masked message of the entry before it, where that is another one; of those that were folded the first one's.
    #[serde(default)]
    pub before_template: Option<String>,
    /// The level of that entry.
    #[serde(default)]
    pub before_level: Option<String>,
}

/// Who gave a label, from the strongest to the weakest.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum LabelSource {
    /// A reviewer marked it.
    Gold,
    /// A user corrected that line.
    Correction,
    /// A user found the whole answer useful, or not.
    Thumb,
    /// A model's own output; weak.
    Model,
    /// The built-in rules' output; weak.
    #[default]
    Rule,
}

impl LabelSource {
    /// The name in JSON and Parquet.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gold => "gold",
            Self::Correction => "correction",
            Self::Thumb => "thumb",
            Self::Model => "model",
            Self::Rule => "rule",
        }
    }

    /// Whether a person gave it: only those judge a model.
    pub fn is_strong(self) -> bool {
        matches!(self, Self::Gold | Self::Correction)
    }

    /// Whether a person gave it in any way: what one of them may add is bounded.
    pub fn is_by_people(self) -> bool {
        matches!(self, Self::Gold | Self::Correction | Self::Thumb)
    }

    /// Weight of one example of this source in the loss.
    pub fn weight(self) -> f32 {
        match self {
            Self::Gold => 10.0,
            Self::Correction => 8.0,
            Self::Thumb => 2.0,
            Self::Model => 0.5,
            Self::Rule => 1.0,
        }
    }
}

impl std::str::FromStr for LabelSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [
            Self::Gold,
            Self::Correction,
            Self::Thumb,
            Self::Model,
            Self::Rule,
        ]
        .into_iter()
        .find(|source| source.as_str() == text)
        .ok_or_else(|| format!("unknown label source {text:?}"))
    }
}
