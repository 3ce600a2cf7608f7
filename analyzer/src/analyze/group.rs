//! Failing entries of the same template and level become one group.

use std::collections::HashMap;

use logloop_logs::Level;
use logloop_records::Failure;
use logloop_scoring::rules::Evidence;

use super::distinct::{Count, Distinct};
use super::{MAX_FAILURE_GROUPS, ScoredEntry};

/// Groups kept until all entries are seen and the groups can be ranked; what fails in another way
/// after these is only counted.
pub(super) const MAX_COLLECTED_GROUPS: usize = 8 * MAX_FAILURE_GROUPS;

/// Line numbers kept in a group; its count is exact.
const MAX_LINES_PER_GROUP: usize = 1000;

/// Bytes of the first entry's text that a group keeps.
const MAX_ENTRY_BYTES: usize = 4096;

/// Keywords kept in a group.
const MAX_KEYWORDS_PER_GROUP: usize = 50;

/// Groups, fed an entry at a time.
#[derive(Default)]
pub(super) struct Groups {
    /// In the order of their first lines.
    pub(super) listed: Vec<Failure>,
    /// Of each: its evidence and the first line of its last entry.
    evidence: Vec<(Evidence, u64)>,
    index: HashMap<(u64, Option<Level>), usize>,
    left_out: Distinct,
}

impl Groups {
    /// Adds a failing entry to its group; any other is none of its business.
    pub(super) fn add(&mut self, scored: &ScoredEntry<'_>) {
        if !scored.scored.is_failure {
            return;
        }
        let key = (scored.template.key(), scored.entry.level);
        if let Some(at) = self.index.get(&key) {
            extend(&mut self.listed[*at], scored);
            let (evidence, last) = &mut self.evidence[*at];
            *evidence = (*evidence).max(scored.scored.evidence);
            *last = scored.entry.line_start;
        } else if self.listed.len() < MAX_COLLECTED_GROUPS {
            self.index.insert(key, self.listed.len());
            let mut group = first(scored);
            extend(&mut group, scored);
            self.listed.push(group);
            self.evidence
                .push((scored.scored.evidence, scored.entry.line_start));
        } else {
            // Levels are few: the next numbers stand for the same template at another level.
            let level = key.1.map_or(0, |level| level as u64 + 1);
            self.left_out.add(key.0.wrapping_add(level));
        }
    }

    /// Keys of the kept groups by their first lines.
    pub(super) fn keys(&self) -> HashMap<u64, u64> {
        let line = |at: &usize| self.listed.get(*at).map(|group| group.line);
        let key = |level: Option<Level>, key: u64| super::group_key(key, level);
        self.index
            .iter()
            .filter_map(|((template, level), at)| Some((line(at)?, key(*level, *template))))
            .collect()
    }

    /// Keeps the groups whose evidence counts, and gives the number of entries in the others.
    pub(super) fn keep(&mut self, counts: impl Fn(Evidence, u64) -> bool) -> u64 {
        let mut evidence = std::mem::take(&mut self.evidence).into_iter();
        let mut dropped = 0;
        self.listed.retain(|group| {
            let keep = evidence
                .next()
                .is_some_and(|(evidence, last)| counts(evidence, last));
            dropped += if keep { 0 } else { group.count };
            keep
        });
        dropped
    }

    /// Groups found, those that are not kept included.
    pub(super) fn found(&self) -> Count {
        let left_out = self.left_out.count();
        Count {
            count: self.listed.len() as u64 + left_out.count,
            ..left_out
        }
    }
}

fn extend(group: &mut Failure, scored: &ScoredEntry<'_>) {
    group.count += 1;
    if group.lines.len() < MAX_LINES_PER_GROUP {
        group.lines.push(scored.entry.line_start);
    }
    group.severity = group.severity.max(scored.scored.severity);
    group.score = group.score.max(scored.scored.score);
    if let Some(time) = &scored.entry.timestamp {
        group.last_seen = Some(time.clone().into_owned());
    }
    let patterns = scored.scored.patterns.iter().copied();
    add(&mut group.error_patterns, patterns, usize::MAX);
    let keywords = scored.scored.keywords.iter().map(String::as_str);
    add(&mut group.keywords, keywords, MAX_KEYWORDS_PER_GROUP);
}

fn first(scored: &ScoredEntry<'_>) -> Failure {
    let entry = &scored.entry;
    let own = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
    Failure {
        line: entry.line_start,
        line_end: entry.line_end,
        log_entry: entry.raw[..entry.raw.floor_char_boundary(MAX_ENTRY_BYTES)].to_owned(),
        component: own(&entry.component),
        operation: own(&entry.operation),
        level: entry.level.map(|level| level.as_str().to_owned()),
        scored_by: scored.scored.by.as_str().to_owned(),
        timestamp: own(&entry.timestamp),
        transaction_id: own(&entry.transaction_id),
        template: scored.template.text.clone(),
        template_id: scored.template.id.clone(),
        ..Failure::default()
    }
}

fn add<'a>(list: &mut Vec<String>, words: impl Iterator<Item = &'a str>, bound: usize) {
    for word in words {
        if list.len() < bound && !list.iter().any(|known| known == word) {
            list.push(word.to_owned());
        }
    }
}
