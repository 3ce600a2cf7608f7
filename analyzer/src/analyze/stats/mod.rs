//! Counts over a whole log: fed an entry at a time, with no allocation for an entry that brings no new name.

mod hash;
mod names;
mod templates;

use logloop_logs::Level;
use logloop_records::AnalysisStats;
use logloop_scoring::rules::Evidence;

pub(super) use hash::Seed;
#[cfg(test)]
pub(super) use names::MAX_COUNTED_NAMES;
pub(super) use templates::top_and_rare;

use super::timeline::Histogram;
use super::transactions::{Follower, Step};
use names::Names;

/// Levels, from the least severe.
const LEVELS: [Level; 6] = [
    Level::Trace,
    Level::Debug,
    Level::Info,
    Level::Warn,
    Level::Error,
    Level::Fatal,
];

/// What is counted of an entry.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen<'a> {
    /// First line, from 1.
    pub(super) line: u64,
    /// Last line.
    pub(super) line_end: u64,
    /// Level, if it has one.
    pub(super) level: Option<Level>,
    /// Logger, service or source file.
    pub(super) component: Option<&'a str>,
    /// What it was doing.
    pub(super) operation: Option<&'a str>,
    /// Transaction, trace or request id.
    pub(super) transaction_id: Option<&'a str>,
    /// Time as logged.
    pub(super) timestamp: Option<&'a str>,
    /// The same in milliseconds since 1970, UTC, if it could be read.
    pub(super) time: Option<i64>,
    /// Hash of its masked text.
    pub(super) text_key: u64,
    /// Whether it failed, and how sure that is.
    pub(super) evidence: Evidence,
    /// Line of the last success before it, 0 without one.
    pub(super) success: u64,
}

/// Counts, fed an entry at a time.
#[derive(Default)]
pub(super) struct Counts {
    entries: u64,
    levels: [u64; LEVELS.len()],
    components: Names,
    operations: Names,
    timeline: Histogram,
    transactions: Follower,
    first_timestamp: Option<String>,
    last_timestamp: Option<String>,
}

impl Counts {
    /// Counts an entry.
    #[inline]
    pub(super) fn add(&mut self, seen: &Seen<'_>) {
        self.entries += 1;
        if let Some(level) = seen.level {
            self.levels[level as usize] += 1;
        }
        if let Some(component) = seen.component {
            self.components.add(component);
        }
        if let Some(operation) = seen.operation {
            self.operations.add(operation);
        }
        if let Some(time) = seen.time {
            self.timeline.add(time, seen.evidence, seen.success);
        }
        if let Some(timestamp) = seen.timestamp {
            if self.first_timestamp.is_none() {
                self.first_timestamp = Some(timestamp.to_owned());
            }
            let last = self.last_timestamp.get_or_insert_default();
            last.clear();
            last.push_str(timestamp);
        }
        if let Some(id) = seen.transaction_id {
            let step = Step {
                line: seen.line,
                line_end: seen.line_end,
                name: seen.operation.or(seen.component),
                text_key: seen.text_key,
                is_failure: seen.evidence != Evidence::None,
            };
            self.transactions.add(id, &step);
        }
    }

    /// What was counted, with a word on what was not. `unclear`: whether failures that are not clear count; `survived`:
    /// whether those before the last success do not. `template` gives the template's text for the hash of a masked text:
    /// it names a failing step that has no other name.
    pub(super) fn finish(
        self,
        unclear: bool,
        survived: bool,
        template: impl Fn(u64) -> Option<String>,
    ) -> AnalysisStats {
        let mut warnings = vec![];
        let transactions = self.transactions.finish(template, &mut warnings);
        for (what, names) in [
            ("components", &self.components),
            ("operations", &self.operations),
        ] {
            if names.left_out() {
                warnings.push(format!(
                    "more than {} {what} were found; those that came later were not counted",
                    names::MAX_COUNTED_NAMES
                ));
            }
        }
        let (timeline, strays) = self.timeline.finish(unclear, survived);
        if strays > 0 {
            warnings.push(format!(
                "{strays} entries are not in the timeline: their times are more than a month from all others"
            ));
        }
        let levels = LEVELS.into_iter().zip(self.levels);
        AnalysisStats {
            total_entries: self.entries,
            levels: levels
                .filter(|(_, count)| *count > 0)
                .map(|(level, count)| (level.as_str().to_owned(), count))
                .collect(),
            components: self.components.most_frequent(),
            operations: self.operations.most_frequent(),
            timeline,
            transactions,
            first_timestamp: self.first_timestamp,
            last_timestamp: self.last_timestamp,
            warnings,
            ..AnalysisStats::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_field_is_counted() {
        let entry = Seen {
            line: 1,
            line_end: 1,
            level: Some(Level::Info),
            component: Some("billing"),
            operation: Some("start"),
            timestamp: Some("10:00"),
            time: Some(1_795_341_600_000),
            ..Seen::default()
        };
        let failing = Seen {
            line: 2,
            line_end: 3,
            level: Some(Level::Error),
            operation: Some("charge"),
            transaction_id: Some("t-1"),
            timestamp: Some("10:01"),
            time: Some(1_795_341_601_000),
            evidence: Evidence::Clear,
            ..entry
        };
        let bare = Seen {
            line: 4,
            line_end: 4,
            ..Seen::default()
        };
        let mut counts = Counts::default();
        for seen in [&entry, &failing, &bare] {
            counts.add(seen);
        }
        let stats = counts.finish(true, false, |_| None);
        assert_eq!(stats.total_entries, 3);
        let count = |map: &BTreeMap<String, u64>| format!("{map:?}");
        assert_eq!(count(&stats.levels), r#"{"ERROR": 1, "INFO": 1}"#);
        assert_eq!(count(&stats.components), r#"{"billing": 2}"#);
        assert_eq!(count(&stats.operations), r#"{"charge": 1, "start": 1}"#);
        assert_eq!(stats.first_timestamp.as_deref(), Some("10:00"));
        assert_eq!(stats.last_timestamp.as_deref(), Some("10:01"));
        assert_eq!(stats.timeline.unwrap().buckets.len(), 2);
        let transactions = stats.transactions.unwrap();
        assert_eq!((transactions.total, transactions.failed), (1, 1));
        assert_eq!(transactions.failing[0].failing_step, "charge");
        assert!(stats.warnings.is_empty());
    }

    #[test]
    fn levels_are_where_their_numbers_say() {
        for (at, level) in LEVELS.into_iter().enumerate() {
            assert_eq!(level as usize, at);
        }
    }
}
