//! What the examples of one interaction have in common.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::record::Record;
use crate::example::{LabelSource, TrainingExample};
use crate::feedback::{Correction, Merged};

/// What is left of the weight of weak labels in an answer that its reader found useless.
const USELESS_WEIGHT_SHARE: f32 = 0.1;

/// What people said about an interaction by the time of the snapshot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Said {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) is_useful: Option<bool>,
    /// When that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) useful_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user_feedback: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) corrections: Vec<Correction>,
}

impl From<Merged> for Said {
    fn from(merged: Merged) -> Self {
        Self {
            is_useful: merged.is_useful,
            useful_at: merged.useful_at(),
            user_feedback: merged.user_feedback,
            corrections: merged.corrections,
        }
    }
}

/// An interaction with what people said about it.
#[derive(Clone, Copy)]
pub(super) struct Origin<'r> {
    pub(super) record: &'r Record<'r>,
    pub(super) said: Option<&'r Said>,
}

impl<'r> Origin<'r> {
    /// The verdict of its reader: said here, or imported.
    pub(super) fn is_useful(&self) -> Option<bool> {
        self.said
            .and_then(|said| said.is_useful)
            .or(self.record.is_useful)
    }

    pub(super) fn corrections(&self) -> &'r [Correction] {
        self.said.map_or(&[], |said| &said.corrections)
    }

    /// Who asked.
    pub(super) fn subject(&self) -> Option<&'r str> {
        self.record.subject.as_deref()
    }

    /// When its reader said what they thought of it; of an import nobody knows.
    pub(super) fn useful_at(&self) -> Option<DateTime<Utc>> {
        self.said.and_then(|said| said.useful_at)
    }

    /// Source and weight of the labels that the answer gave, and nobody corrected.
    pub(super) fn weak(&self) -> (LabelSource, f32) {
        let source = if self.record.is_by_rules() {
            LabelSource::Rule
        } else {
            LabelSource::Model
        };
        match self.is_useful() {
            Some(true) => (LabelSource::Thumb, LabelSource::Thumb.weight()),
            Some(false) => (source, source.weight() * USELESS_WEIGHT_SHARE),
            None => (source, source.weight()),
        }
    }

    /// An example with nothing of an entry in it yet.
    pub(super) fn example(&self) -> TrainingExample {
        let comment = self
            .said
            .and_then(|said| said.user_feedback.as_deref())
            .or(self.record.user_feedback.as_deref());
        TrainingExample {
            source: "chat_interaction".to_owned(),
            interaction_timestamp: Some(self.record.timestamp),
            interaction_id: Some(self.record.id.to_string()),
            is_useful: self.is_useful(),
            user_feedback: comment.map(str::to_owned),
            ..TrainingExample::default()
        }
    }
}
