//! The few facts of a record that the store counts and finds by.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::feedback::Feedback;
use crate::interaction::Interaction;

/// What the store may know of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// When it was made.
    pub time: DateTime<Utc>,
    /// Its id; nil if it has none.
    pub id: Uuid,
    /// Whether it holds a log.
    pub has_log: bool,
    /// Whether that log lies in a blob.
    pub has_blob: bool,
    /// Failures found in it.
    pub failures: u64,
    /// Who made it.
    pub subject: Option<String>,
    /// The key by which its sender knows it again.
    pub key: Option<String>,
}

/// What the store keeps: JSON objects with a time.
pub trait Record: Serialize {
    /// What to count of it; the same as its line says when it is read again.
    fn facts(&self) -> Facts;
}

impl Record for Interaction {
    fn facts(&self) -> Facts {
        Facts {
            time: self.timestamp,
            id: self.id,
            has_log: !self.log_content.is_empty() || self.log_blob.is_some(),
            has_blob: self.log_blob.is_some(),
            failures: self.analysis_results.stats.total_failures,
            subject: self.subject.clone(),
            key: self.idempotency_key.clone(),
        }
    }
}

impl Record for Feedback {
    fn facts(&self) -> Facts {
        Facts {
            time: self.timestamp,
            subject: self.subject.clone(),
            ..Facts::default()
        }
    }
}

/// The same facts, read from a line; a record of either store.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    timestamp: DateTime<Utc>,
    #[serde(default)]
    id: Uuid,
    #[serde(default)]
    log_content: Presence,
    #[serde(default)]
    log_blob: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    analysis_results: HeadResults,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    idempotency_key: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct HeadResults {
    #[serde(default)]
    stats: HeadStats,
}

#[derive(Debug, Default, Deserialize)]
struct HeadStats {
    #[serde(default)]
    total_failures: u64,
}

/// Whether a string is not empty, without keeping it.
#[derive(Debug, Default)]
pub(crate) struct Presence(pub(crate) bool);

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Presence;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Presence, E> {
                Ok(Presence(!text.is_empty()))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl From<Head> for Facts {
    fn from(head: Head) -> Self {
        Self {
            time: head.timestamp,
            id: head.id,
            has_log: head.log_content.0 || head.log_blob.is_some(),
            has_blob: head.log_blob.is_some(),
            failures: head.analysis_results.stats.total_failures,
            subject: head.subject,
            key: head.idempotency_key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{AnalysisResults, AnalysisStats};

    #[test]
    fn a_line_says_the_same_as_the_record() {
        let mut interaction = Interaction {
            timestamp: DateTime::from_timestamp(1_800_000_000, 5_000).unwrap(),
            id: Uuid::from_u128(7),
            log_content: "a\n\u{e9}".to_owned(),
            subject: Some("ann".to_owned()),
            idempotency_key: Some("k\"1".to_owned()),
            analysis_results: AnalysisResults {
                stats: AnalysisStats {
                    total_failures: 3,
                    ..AnalysisStats::default()
                },
                ..AnalysisResults::default()
            },
            ..Interaction::default()
        };
        let read = |record: &Interaction| -> Facts {
            let text = serde_json::to_string(record).unwrap();
            serde_json::from_str::<Head>(&text).unwrap().into()
        };
        assert_eq!(read(&interaction), interaction.facts());
        interaction.log_content = String::new();
        assert_eq!(read(&interaction), interaction.facts());
        interaction.log_blob = Some("x".to_owned());
        assert_eq!(read(&interaction), interaction.facts());
        let said = Feedback {
            subject: Some("bob".to_owned()),
            ..Feedback::default()
        };
        let text = serde_json::to_string(&said).unwrap();
        let head: Head = serde_json::from_str(&text).unwrap();
        assert_eq!(Facts::from(head), said.facts());
    }
}
