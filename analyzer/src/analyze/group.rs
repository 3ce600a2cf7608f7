//! Failing entries of the same masked text and level become one group; at the end of the log the
//! groups of one template become one.

use std::collections::HashMap;

use logloop_logs::{Entry, Level, Template};
use logloop_records::{ContextLine, Failure};
use logloop_scoring::rules::{self, Evidence};

use super::MAX_FAILURE_GROUPS;
use super::distinct::{Count, Distinct};
use super::scorer::Verdict;
use super::why;

/// Groups kept until all entries are seen and the groups can be ranked; what fails in another way
/// after these is only counted.
pub(super) const MAX_COLLECTED_GROUPS: usize = 8 * MAX_FAILURE_GROUPS;

/// Line numbers kept in a group; its count is exact.
const MAX_LINES_PER_GROUP: usize = 1000;

/// Bytes of the first failure's text that a group keeps.
const MAX_ENTRY_BYTES: usize = 4096;

/// Keywords kept in a group.
const MAX_KEYWORDS_PER_GROUP: usize = 50;

/// Which group an entry would be counted in.
pub(super) fn key(text: u64, level: Option<Level>) -> u64 {
    // Levels are few: odd multiples keep the same text at two levels apart.
    let level = level.map_or(0, |level| level as u64 + 1);
    text ^ level.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A group on its way.
pub(super) struct Group {
    /// What is told of it.
    pub(super) failure: Failure,
    /// Under which it was collected: one, and those of the groups that joined it.
    pub(super) keys: Vec<u64>,
    /// Index of its masked text, if that is kept.
    pub(super) text: Option<u32>,
    /// Its clearest failure.
    pub(super) evidence: Evidence,
    /// First line of its last failure.
    last_line: u64,
    /// Line of the success that came before its first failure, 0 without one.
    success: u64,
    /// Its failures before that: whether the log survived them is known at its end.
    before: Option<Box<Group>>,
}

/// Groups, fed an entry at a time.
#[derive(Default)]
pub(super) struct Groups {
    /// In the order of their beginnings, be it again after a success.
    pub(super) listed: Vec<Group>,
    index: HashMap<u64, usize>,
    /// Groups that are not kept: of clear failures, and of others.
    left_out: [LeftOut; 2],
}

/// What is known of groups that are not kept.
#[derive(Default)]
struct LeftOut {
    groups: Distinct,
    failures: u64,
    evidence: Evidence,
    last_line: u64,
}

impl Groups {
    /// Adds a failing entry to its group; the place of the group in the list if it is a new one. `success`: the line
    /// of the last success before it.
    pub(super) fn add(
        &mut self,
        key: u64,
        text: Option<u32>,
        entry: &Entry<'_>,
        verdict: &Verdict,
        success: u64,
    ) -> Option<usize> {
        let known = self.index.get(&key).copied();
        if let Some(at) = known
            && self.listed[at].success == success
        {
            extend(&mut self.listed[at], entry, verdict);
            return None;
        }
        if known.is_none() && self.listed.len() >= MAX_COLLECTED_GROUPS {
            let left_out = &mut self.left_out[usize::from(verdict.evidence != Evidence::Clear)];
            left_out.groups.add(key);
            left_out.failures += 1;
            left_out.evidence = verdict.evidence;
            left_out.last_line = entry.line_start;
            return None;
        }
        let mut group = Group {
            failure: first(entry, verdict),
            keys: vec![key],
            text,
            evidence: Evidence::None,
            last_line: 0,
            success,
            before: None,
        };
        extend(&mut group, entry, verdict);
        let Some(at) = known else {
            self.index.insert(key, self.listed.len());
            self.listed.push(group);
            return Some(self.listed.len() - 1);
        };
        let mut last = std::mem::replace(&mut self.listed[at], group);
        self.listed[at].before = Some(match last.before.take() {
            Some(mut before) => {
                join(&mut before, last);
                before
            }
            None => Box::new(last),
        });
        Some(at)
    }

    /// An entry belongs to the last failure of the group with this key.
    pub(super) fn belongs(&mut self, key: u64, entry: &Entry<'_>) {
        let Some(group) = self.index.get(&key).map(|at| &mut self.listed[*at]) else {
            return;
        };
        let failure = &mut group.failure;
        // A group that lists no more lines keeps the end of the last one that it lists.
        if failure.lines.len() as u64 != failure.count {
            return;
        }
        if let Some(end) = failure.line_ends.last_mut() {
            *end = entry.line_end;
        }
        if failure.count == 1 {
            failure.line_end = entry.line_end;
            let room = MAX_ENTRY_BYTES.saturating_sub(failure.log_entry.len() + 1);
            let more = &entry.raw[..entry.raw.floor_char_boundary(room)];
            if !more.is_empty() {
                failure.log_entry.push('\n');
                failure.log_entry.push_str(more);
            }
        }
    }

    /// Gives a group a line of its context.
    pub(super) fn context(&mut self, group: usize, line: ContextLine) {
        let failure = &mut self.listed[group].failure;
        // A group that began again may still wait for lines after its first beginning.
        let last = failure.context.last().map_or(0, |last| last.line);
        if line.line > failure.line_end.max(last) {
            failure.context.push(line);
        }
    }

    /// Groups that were not kept and the failures in them, as far as these count.
    pub(super) fn left_out(&self, counts: impl Fn(Evidence, u64) -> bool) -> (Count, u64) {
        let mut all = (
            Count {
                count: 0,
                more: false,
            },
            0,
        );
        for left_out in &self.left_out {
            if counts(left_out.evidence, left_out.last_line) {
                let groups = left_out.groups.count();
                all.0.count += groups.count;
                all.0.more |= groups.more;
                all.1 += left_out.failures;
            }
        }
        all
    }

    /// The groups that count, those of one template and level as one, in the order of their first lines.
    pub(super) fn merged(
        self,
        counts: impl Fn(Evidence, u64) -> bool,
        template: impl Fn(u32) -> Template,
    ) -> Vec<Group> {
        let mut merged: Vec<Group> = vec![];
        let mut index: HashMap<(String, Option<String>), usize> = HashMap::new();
        let counts = |group: &Group| counts(group.evidence, group.last_line);
        let mut counted: Vec<Group> = vec![];
        for mut group in self.listed {
            let before = group.before.take().filter(|before| counts(before));
            match (before, counts(&group)) {
                (Some(mut before), true) => {
                    join(&mut before, group);
                    counted.push(*before);
                }
                (Some(before), false) => counted.push(*before),
                (None, true) => counted.push(group),
                (None, false) => {}
            }
        }
        // Those that began again are not where they began.
        counted.sort_by_key(|group| group.failure.line);
        for mut group in counted {
            if let Some(text) = group.text {
                let Template { id, text } = template(text);
                (group.failure.template_id, group.failure.template) = (id, text);
            }
            let key = (
                group.failure.template_id.clone(),
                group.failure.level.clone(),
            );
            match index.get(&key) {
                Some(at) => join(&mut merged[*at], group),
                None => {
                    index.insert(key, merged.len());
                    merged.push(group);
                }
            }
        }
        merged
    }
}

fn extend(group: &mut Group, entry: &Entry<'_>, verdict: &Verdict) {
    let failure = &mut group.failure;
    failure.count += 1;
    if failure.lines.len() < MAX_LINES_PER_GROUP {
        failure.lines.push(entry.line_start);
        failure.line_ends.push(entry.line_end);
    }
    failure.severity = failure.severity.max(verdict.severity);
    failure.score = failure.score.max(verdict.score);
    group.evidence = group.evidence.max(verdict.evidence);
    group.last_line = entry.line_start;
    if let Some(time) = &entry.timestamp {
        let last = failure.last_seen.get_or_insert_default();
        last.clear();
        last.push_str(time);
    }
}

fn first(entry: &Entry<'_>, verdict: &Verdict) -> Failure {
    let own = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
    let rule = rules::judge(&entry.message, entry.level).score;
    let why = why::begin(verdict, &rule, entry.level);
    let Template { id, text } = logloop_logs::template(&entry.message);
    Failure {
        line: entry.line_start,
        line_end: entry.line_end,
        log_entry: entry.raw[..entry.raw.floor_char_boundary(MAX_ENTRY_BYTES)].to_owned(),
        component: own(&entry.component),
        operation: own(&entry.operation),
        level: entry.level.map(|level| level.as_str().to_owned()),
        scored_by: verdict.by.as_str().to_owned(),
        error_patterns: rule
            .patterns
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        keywords: rule.keywords,
        timestamp: own(&entry.timestamp),
        transaction_id: own(&entry.transaction_id),
        template: text,
        template_id: id,
        why: Some(why),
        ..Failure::default()
    }
}

/// Adds a group of the same template and level whose first line comes later.
fn join(into: &mut Group, other: Group) {
    if into.keys != other.keys {
        into.keys.extend(other.keys);
    }
    let (failure, other_failure) = (&mut into.failure, other.failure);
    failure.count += other_failure.count;
    if other.last_line > into.last_line {
        into.last_line = other.last_line;
        failure.last_seen = other_failure.last_seen.or(failure.last_seen.take());
    }
    let ends = other_failure.line_ends.into_iter();
    let mut spans: Vec<(u64, u64)> = failure
        .lines
        .iter()
        .copied()
        .zip(failure.line_ends.iter().copied())
        .chain(other_failure.lines.into_iter().zip(ends))
        .collect();
    spans.sort_unstable();
    spans.truncate(MAX_LINES_PER_GROUP);
    (failure.lines, failure.line_ends) = spans.into_iter().unzip();
    failure.severity = failure.severity.max(other_failure.severity);
    failure.score = failure.score.max(other_failure.score);
    into.evidence = into.evidence.max(other.evidence);
    add(
        &mut failure.error_patterns,
        other_failure.error_patterns,
        usize::MAX,
    );
    add(
        &mut failure.keywords,
        other_failure.keywords,
        MAX_KEYWORDS_PER_GROUP,
    );
}

fn add(list: &mut Vec<String>, words: Vec<String>, bound: usize) {
    for word in words {
        if list.len() < bound && !list.contains(&word) {
            list.push(word);
        }
    }
}
