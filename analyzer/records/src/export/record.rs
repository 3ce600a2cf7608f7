//! An interaction as an export reads it: borrowed from its line, and of its fields only those that examples need.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use chrono::{DateTime, Utc};
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::archive::id_of_line;
use crate::crc::Check;
use crate::erase::Erased;

/// Text of a line, copied only where it has an escape.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;

        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(Borrowing)
    }
}

/// The log of a record.
#[derive(Debug)]
pub(super) enum Log<'a> {
    /// As it is.
    Plain(Text<'a>),
    /// As it stands in the line: a JSON string with its quotes.
    Escaped(&'a str),
}

impl Default for Log<'_> {
    fn default() -> Self {
        Self::Plain(Text::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Log<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer).map(Self::Plain)
    }
}

impl Log<'_> {
    /// The text. `None`: the string is none.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Plain(text) => Some(Cow::Borrowed(text)),
            Self::Escaped(raw) => serde_json::from_str::<Text<'_>>(raw)
                .ok()
                .map(|text| text.0),
        }
    }
}

/// The fields of [`crate::Interaction`] that examples are made of.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Record<'a> {
    pub(super) timestamp: DateTime<Utc>,
    #[serde(borrow, default)]
    pub(super) log_content: Log<'a>,
    #[serde(borrow, default)]
    pub(super) analysis_results: Results<'a>,
    #[serde(borrow, default)]
    pub(super) user_feedback: Option<Text<'a>>,
    #[serde(default)]
    pub(super) is_useful: Option<bool>,
    #[serde(default)]
    pub(super) id: Uuid,
    #[serde(borrow, default)]
    pub(super) subject: Option<Text<'a>>,
    /// Without one the rules answered.
    #[serde(borrow, default)]
    pub(super) model_version: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) log_blob: Option<Text<'a>>,
}

impl Record<'_> {
    /// With the id by which others know a record of an older tool.
    pub(super) fn with_id(mut self, line: &[u8]) -> Self {
        if self.id.is_nil() {
            self.id = id_of_line(self.timestamp, line);
        }
        self
    }

    pub(super) fn is_erased(&self, erased: &Erased) -> bool {
        erased.is_erased(self.id, self.subject.as_deref(), self.timestamp)
    }

    pub(super) fn is_by_rules(&self) -> bool {
        self.model_version
            .as_deref()
            .is_none_or(|version| version == "rules")
    }
}

/// The record of a line; `check` is what its checksum says. `None`: there is none.
pub(super) fn of(line: &str, check: Check) -> Option<Record<'_>> {
    let fast = if check == Check::Right {
        super::scan::record(line)
    } else {
        None
    };
    fast.or_else(|| serde_json::from_str(line).ok())
}

/// Those of [`crate::AnalysisResults`].
#[derive(Debug, Default, Deserialize)]
pub(super) struct Results<'a> {
    #[serde(borrow, default)]
    pub(super) stats: Stats<'a>,
    #[serde(borrow, default)]
    pub(super) failures: Vec<Group<'a>>,
}

impl Results<'_> {
    /// Nobody looked at the log: its entries have no label.
    pub(super) fn is_absent(&self) -> bool {
        self.failures.is_empty() && self.stats.total_lines == 0 && self.stats.total_entries == 0
    }
}

/// Those of [`crate::AnalysisStats`].
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stats<'a> {
    pub(super) total_lines: u64,
    pub(super) total_entries: u64,
    #[serde(borrow)]
    pub(super) format: Text<'a>,
    pub(super) format_forced: bool,
    pub(super) failure_groups_left_out: u64,
    pub(super) transactions: Option<Transactions>,
}

/// Those of [`crate::Transactions`].
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Transactions {
    pub(super) total: u64,
}

impl Stats<'_> {
    pub(super) fn has_transactions(&self) -> bool {
        self.transactions.as_ref().is_some_and(|all| all.total > 0)
    }

    pub(super) fn format(&self) -> Option<logloop_logs::Format> {
        self.format.parse().ok()
    }

    /// Reads the log as the analysis did, without detecting its format again.
    pub(super) fn parser(&self) -> logloop_logs::Parser {
        match (self.format(), self.format_forced) {
            (Some(format), false) => logloop_logs::Parser::assuming(format),
            (format, _) => logloop_logs::Parser::new(format),
        }
    }

    pub(super) fn forced_format(&self) -> Option<logloop_logs::Format> {
        self.format().filter(|_| self.format_forced)
    }
}

/// Those of [`crate::Failure`].
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Group<'a> {
    pub(super) line: u64,
    pub(super) lines: Vec<u64>,
    pub(super) line_ends: Vec<u64>,
    pub(super) count: u64,
    #[serde(borrow)]
    pub(super) log_entry: Text<'a>,
    #[serde(borrow)]
    pub(super) component: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) operation: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) level: Option<Text<'a>>,
    pub(super) severity: f32,
    #[serde(borrow)]
    pub(super) error_patterns: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) keywords: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) transaction_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) template: Text<'a>,
    #[serde(borrow)]
    pub(super) template_id: Text<'a>,
}

impl Group<'_> {
    /// Whether it has failures that it does not list; records of an older tool list none.
    pub(super) fn is_cut(&self) -> bool {
        self.lines.is_empty() || (self.lines.len() as u64) < self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AnalysisResults, AnalysisStats, Failure, Interaction};

    #[test]
    fn it_reads_what_the_store_writes() {
        let failure = Failure {
            log_entry: "a \"quoted\"\nentry".to_owned(),
            component: Some("db".to_owned()),
            lines: vec![1, 5],
            count: 3,
            ..Failure::default()
        };
        let interaction = Interaction {
            log_content: "one\ntwo".to_owned(),
            model_version: "v1".to_owned(),
            subject: Some("ann".to_owned()),
            analysis_results: AnalysisResults {
                stats: AnalysisStats {
                    total_lines: 2,
                    format: "pipe".to_owned(),
                    ..AnalysisStats::default()
                },
                failures: vec![failure],
                ..AnalysisResults::default()
            },
            ..Interaction::default()
        };
        let line = serde_json::to_string(&interaction).unwrap();
        let record: Record<'_> = serde_json::from_str(&line).unwrap();
        assert_eq!(record.log_content.text().unwrap(), "one\ntwo");
        assert!(matches!(record.subject, Some(Text(Cow::Borrowed("ann")))));
        assert!(!record.is_by_rules() && !record.analysis_results.is_absent());
        let group = &record.analysis_results.failures[0];
        assert_eq!(&*group.log_entry, "a \"quoted\"\nentry");
        assert!(group.is_cut());
        let bare: Record<'_> =
            serde_json::from_str(r#"{"timestamp":"2026-01-01T00:00:00Z","log_content":"x"}"#)
                .unwrap();
        assert!(bare.is_by_rules() && bare.analysis_results.is_absent());
    }
}
