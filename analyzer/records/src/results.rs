//! What an analysis found, as it is answered and stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::why::Why;

/// Result of one analysis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AnalysisResults {
    /// Counts over the whole log.
    #[serde(default)]
    pub stats: AnalysisStats,
    /// Groups of failures, the likely first cause first.
    #[serde(default)]
    pub failures: Vec<Failure>,
    /// Transactions and windows that are not as normal ones are, where the serving model knows; those without a failure
    /// first, then the rarest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anomalies: Vec<Anomaly>,
    /// What to do, each with the lines it rests on.
    #[serde(default)]
    pub recommendations: Vec<Recommendation>,
    /// What differs from a good run, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
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
    /// The most frequent templates, up to a named bound.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub top_templates: Vec<TemplateCount>,
    /// The rarest templates, up to a named bound.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rare_templates: Vec<TemplateCount>,
    /// Entries and failures over time, where entries have a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// Transactions, where entries name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactions: Option<Transactions>,
    /// Transactions and windows that the serving model judged, where it knows what is normal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequences: Option<SequenceCounts>,
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
    /// First line of each failure, up to a named bound; [`Failure::count`] is exact.
    pub lines: Vec<u64>,
    /// Last line of each failure in [`Failure::lines`], the lines that belong to it included.
    pub line_ends: Vec<u64>,
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
    /// Whether the good run lacks it, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_new: Option<bool>,
    /// What made the first entry a failure; records of an older release have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

impl Failure {
    /// Whether the group lists this line: as the first of a failure, or as one that belongs to it.
    pub fn lists(&self, line: u64) -> bool {
        let after = self.lines.partition_point(|first| *first <= line);
        let Some(at) = after.checked_sub(1) else {
            return false;
        };
        self.lines[at] == line || self.line_ends.get(at).is_some_and(|end| line <= *end)
    }

    /// Whether it has failures that it does not list; records of an older tool list none.
    pub fn is_cut(&self) -> bool {
        self.lines.is_empty() || (self.lines.len() as u64) < self.count
    }
}

/// A template and how often it occurs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateCount {
    /// Stable id of the template.
    pub template_id: String,
    /// The message with its variables replaced by `<*>`.
    pub template: String,
    /// Entries that have it.
    pub count: u64,
    /// Line of the first of them, from 1.
    pub line: u64,
}

/// Entries over time, in buckets of the same width.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeline {
    /// Width of a bucket, in seconds.
    pub bucket_seconds: u64,
    /// From the first to the last, empty ones included, up to a named bound.
    pub buckets: Vec<TimeBucket>,
}

/// What happened within one bucket of a [`Timeline`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TimeBucket {
    /// Its beginning, as RFC 3339; UTC where the log names no zone.
    pub start: String,
    /// Entries.
    pub entries: u64,
    /// Of these, failures.
    pub failures: u64,
}

/// Transactions (traces, requests) of a log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transactions {
    /// Distinct ids, up to a named bound.
    pub total: u64,
    /// Of these, with a failing entry.
    pub failed: u64,
    /// Those that failed first, up to a named bound.
    pub failing: Vec<Transaction>,
}

/// One transaction with a failing step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transaction {
    /// Its id, as logged.
    pub id: String,
    /// Its entries.
    pub entries: u64,
    /// Line of its first entry, from 1.
    pub first_line: u64,
    /// Line of its last entry, from 1.
    pub last_line: u64,
    /// Line of the first entry that failed, from 1.
    pub failing_line: u64,
    /// What failed there: its operation or component, else its template.
    pub failing_step: String,
}

/// Transactions and windows that were compared with normal ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SequenceCounts {
    /// Of a kind of which it is known what is normal.
    pub checked: u64,
    /// Of these, not normal.
    pub anomalous: u64,
    /// Of no kind that is known; nothing is said of them.
    pub unknown: u64,
}

/// Transactions, or windows, that are not normal for the same reasons.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Anomaly {
    /// `transaction`, or `window`: entries of one component that name no transaction.
    pub kind: String,
    /// Id of the first, as logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// The component, of windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// First line of the first, from 1.
    pub line: u64,
    /// Last line of the first.
    pub line_end: u64,
    /// First line of each, up to a named bound; [`Anomaly::count`] is exact.
    pub lines: Vec<u64>,
    /// How many there are.
    pub count: u64,
    /// Entries of the first.
    pub entries: u64,
    /// Smoothed share of normal ones of which one could say the same, 0 to 1.
    pub rarity: f64,
    /// An entry of the first failed, too.
    pub has_failure: bool,
    /// Why, the rarest first.
    pub reasons: Vec<AnomalyReason>,
}

/// One reason why a transaction or window is not normal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnomalyReason {
    /// `new_template`, `too_often`, `missing`, `too_seldom`, `ends_early`, `not_followed`, `begins_oddly`, `combination`,
    /// `length` or `step`.
    pub check: String,
    /// The same for people, one line.
    pub text: String,
    /// The template that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// First line with that template in the first transaction or window, if it has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// How often it has the template, or how many entries there are.
    pub count: u64,
    /// Normal ones that are the same in this.
    pub seen: u64,
    /// Normal ones that it was compared with.
    pub of: u64,
}

/// What differs between a log and that of a good run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Comparison {
    /// Lines of the good run's log.
    pub baseline_lines: u64,
    /// Templates that the good run lacks, failures first, up to a named bound.
    pub new: Vec<TemplateChange>,
    /// Templates that only the good run has, up to a named bound.
    pub gone: Vec<TemplateChange>,
    /// Templates that occur at another rate, the largest change first, up to a named bound.
    pub changed: Vec<TemplateChange>,
    /// Templates that these lists leave out.
    pub left_out: u64,
}

/// How often a template occurs in a log and in that of a good run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateChange {
    /// Stable id of the template.
    pub template_id: String,
    /// The message with its variables replaced by `<*>`.
    pub template: String,
    /// Line of the first entry, from 1: in this log, or in the good run's where this one has none.
    pub line: u64,
    /// Entries in this log.
    pub count: u64,
    /// Entries in the good run's log.
    pub baseline_count: u64,
    /// Whether it is a failure here.
    pub is_failure: bool,
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
