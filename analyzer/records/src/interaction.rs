//! The interaction record: one JSON object a line, field by field as documented in `ARCHITECTURE.md`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Version of the record's layout, written to every record.
pub const SCHEMA: u32 = 1;

/// What somebody asked, what they showed, and what they were answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// When the answer was made, UTC.
    pub timestamp: DateTime<Utc>,
    /// The question, as typed; may be empty.
    #[serde(default)]
    pub user_query: String,
    /// The log. Empty when [`Interaction::log_blob`] holds it.
    #[serde(default)]
    pub log_content: String,
    /// Name of the uploaded file, or a name given to pasted text.
    #[serde(default)]
    pub log_filename: Option<String>,
    /// What the analysis found.
    #[serde(default)]
    pub analysis_results: AnalysisResults,
    /// The answer as markdown.
    #[serde(default)]
    pub response_text: String,
    /// Comment of the user, merged from the feedback events when read.
    #[serde(default)]
    pub user_feedback: Option<String>,
    /// The user's verdict, merged from the feedback events when read.
    #[serde(default)]
    pub is_useful: Option<bool>,
    /// UUIDv7; nil in records of an older tool.
    #[serde(default)]
    pub id: Uuid,
    /// Who asked; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The model version that scored the log; `rules` without a model.
    #[serde(default = "rules")]
    pub model_version: String,
    /// Rule set that removed secrets before the write; absent where none ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redaction: Option<String>,
    /// Layout of this record, see [`SCHEMA`].
    #[serde(default)]
    pub schema: u32,
    /// File name below `chat_interactions/blobs/` of a log too large for a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_blob: Option<String>,
}

fn rules() -> String {
    "rules".to_owned()
}

/// Result of one analysis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AnalysisResults {
    /// Counts over the whole log.
    #[serde(default)]
    pub stats: AnalysisStats,
    /// Groups of failures, the likely first cause first.
    #[serde(default)]
    pub failures: Vec<Failure>,
    /// What to do, each with the lines it rests on.
    #[serde(default)]
    pub recommendations: Vec<Recommendation>,
}

/// Counts over one log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnalysisStats {
    /// Lines in the log.
    pub total_lines: u64,
    /// Entries; one entry may span several lines (a stack trace).
    pub total_entries: u64,
    /// Entries that failed, over all groups.
    pub total_failures: u64,
    /// Distinct templates.
    pub total_templates: u64,
    /// The format that most entries have.
    pub format: String,
    /// The user asked for that format.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub format_forced: bool,
    /// Groups of failures that are not listed: there were too many.
    #[serde(skip_serializing_if = "is_zero")]
    pub failure_groups_left_out: u64,
    /// Why that format was chosen.
    pub format_reason: String,
    /// Entries by level.
    pub levels: BTreeMap<String, u64>,
    /// Entries by component, the most frequent ones.
    pub components: BTreeMap<String, u64>,
    /// Entries by operation, the most frequent ones.
    pub operations: BTreeMap<String, u64>,
    /// Failing entries by error pattern.
    pub error_patterns: BTreeMap<String, u64>,
    /// First time stamp seen.
    pub first_timestamp: Option<String>,
    /// Last time stamp seen.
    pub last_timestamp: Option<String>,
    /// What was not read, and why (a bound, invalid bytes).
    pub warnings: Vec<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl AnalysisStats {
    /// The format to parse the log with again, to find the same entries: the one that was asked for, else none, and it
    /// is detected again.
    pub fn forced_format(&self) -> Option<logloop_logs::Format> {
        if self.format_forced {
            self.format.parse().ok()
        } else {
            None
        }
    }
}

/// A group of failing entries with the same template and level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failure {
    /// Line of the first entry, from 1.
    pub line: u64,
    /// First line of each entry, up to a named bound; [`Failure::count`] is exact.
    pub lines: Vec<u64>,
    /// Entries in the group.
    pub count: u64,
    /// Text of the first entry, up to a named bound.
    pub log_entry: String,
    /// Last line of the first entry, from 1.
    pub line_end: u64,
    /// Part of the system that logged it.
    pub component: Option<String>,
    /// What it was doing.
    pub operation: Option<String>,
    /// Level as logged.
    pub level: Option<String>,
    /// 0 (harmless) to 1 (fatal).
    pub severity: f32,
    /// Probability that the entry is a failure, 0 to 1.
    pub score: f32,
    /// Where the score comes from: `correction`, `model` or `rules`.
    pub scored_by: String,
    /// Named patterns found in the text.
    pub error_patterns: Vec<String>,
    /// Words that made it a failure.
    pub keywords: Vec<String>,
    /// Time of the first entry, as logged.
    pub timestamp: Option<String>,
    /// Time of the last entry, as logged.
    pub last_seen: Option<String>,
    /// Transaction, trace or request id of the first entry.
    pub transaction_id: Option<String>,
    /// The message with its variables replaced by `<*>`.
    pub template: String,
    /// Stable id of the template.
    pub template_id: String,
    /// 1 is the likely first cause.
    pub rank: u32,
    /// Lines before and after the first entry, with their numbers.
    pub context: Vec<ContextLine>,
}

/// A line of the log beside a failure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContextLine {
    /// Line number, from 1.
    pub line: u64,
    /// Text, up to a named bound.
    pub text: String,
}

/// What to do, and the lines it rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    /// Pattern that it answers.
    pub pattern: String,
    /// One sentence in the imperative.
    pub text: String,
    /// Evidence: first lines of the groups.
    pub lines: Vec<u64>,
}
