//! The entries of a log to examples: a label for each, from the strongest source that has one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasherDefault;

use chrono::{DateTime, Utc};
use logloop_logs::{Entry, Level, Neighbour, Neighbours, Template, TemplateMatcher, mask};

use super::contributor::Contributors;
use super::fold::{Fold, Hashed, Key};
use super::found::Found;
use super::held_out::HeldOut;
use super::options::Filter;
use super::origin::Origin;
use super::record::{Group, Text};
use super::rules::Rules;
use super::sequences::{Mark, Sequences};
use crate::example::{LabelSource, TrainingExample};
use crate::feedback::Correction;

/// Bytes of an entry that an example keeps.
const MAX_EXAMPLE_ENTRY_BYTES: usize = 2048;

/// Distinct templates that one interaction may teach.
const MAX_EXAMPLES_PER_INTERACTION: usize = 20_000;

/// Severity of a failure that a correction adds without saying how bad it is.
pub(super) const DEFAULT_CORRECTED_SEVERITY: f32 = 0.7;

/// Where examples go, and what they depend on besides their log.
pub(super) struct Out<'m> {
    pub(super) filter: &'m Filter,
    pub(super) held_out: &'m HeldOut,
    pub(super) contributors: &'m Contributors,
    /// Subjects that corrected something: what they are answered follows their corrections.
    pub(super) correctors: &'m HashSet<String>,
    pub(super) fold: &'m mut Fold,
    pub(super) rules: &'m mut Rules,
    pub(super) sequences: &'m mut Sequences,
    pub(super) given: Given,
}

/// What one interaction, or one log, gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    /// Entries that are in examples.
    pub(super) entries: u64,
    /// Entries without a label: the answer had more groups of failures than it lists, so that an entry that is in none
    /// of those listed may be a failure or not.
    pub(super) unlisted: u64,
    /// Entries with more templates than one interaction may teach.
    pub(super) over_bound: u64,
    /// Entries that the rules are not sure of, where nothing else labels them.
    pub(super) unclear: u64,
    /// Entries whose label comes from a source that the filter leaves out.
    pub(super) other_source: u64,
}

/// A label and who gave it.
#[derive(Clone, Copy)]
pub(super) struct Label<'a> {
    pub(super) is_failure: bool,
    pub(super) severity: f32,
    /// Source and weight.
    pub(super) by: (LabelSource, f32),
    /// Subject that gave it, or that sent the log.
    pub(super) who: Option<&'a str>,
    /// When a person gave it.
    pub(super) said_at: Option<DateTime<Utc>>,
    pub(super) patterns: &'a [Text<'a>],
    pub(super) keywords: &'a [Text<'a>],
}

/// One entry, as an example has it.
pub(super) struct Seen<'a> {
    pub(super) raw: &'a str,
    pub(super) message: &'a str,
    /// Key of its masked text.
    pub(super) key: u64,
    pub(super) level: Option<&'a str>,
    pub(super) component: Option<&'a str>,
    pub(super) operation: Option<&'a str>,
    pub(super) timestamp: Option<&'a str>,
    pub(super) transaction_id: Option<&'a str>,
    pub(super) count: u64,
    /// What was logged just before it, where that is known.
    pub(super) before: Option<&'a Neighbour>,
}

impl<'a> Seen<'a> {
    /// An entry whose key is known, and what is before it.
    pub(super) fn of(entry: &'a Entry<'_>, key: u64, before: Option<&'a Neighbour>) -> Self {
        Self {
            raw: entry.raw,
            message: &entry.message,
            key,
            level: entry.level.map(Level::as_str),
            component: entry.component.as_deref(),
            operation: entry.operation.as_deref(),
            timestamp: entry.timestamp.as_deref(),
            transaction_id: entry.transaction_id.as_deref(),
            count: 1,
            before,
        }
    }
}

impl Out<'_> {
    /// Folds an entry with its label in; `origin` makes an example with what is not of the entry.
    pub(super) fn add(
        &mut self,
        seen: &Seen<'_>,
        label: Label<'_>,
        origin: impl FnOnce() -> TrainingExample,
    ) {
        if !self.filter.takes(label.by.0) {
            self.given.other_source += seen.count;
            return;
        }
        self.given.entries += seen.count;
        // What people say is counted by voices, and what they are answered after they corrected something follows that; who
        // else sent a log that nobody judged makes no difference.
        let told_apart = |who: &&str| label.by.0.is_by_people() || self.correctors.contains(*who);
        let key = Key::new(
            seen.key,
            seen.level,
            seen.component,
            label.is_failure,
            label.by,
            label.who.filter(|who| told_apart(who)),
        );
        let patterns = label.patterns.iter().map(|name| &**name);
        let (held_out, contributors) = (self.held_out, self.contributors);
        let said_at = label.said_at.filter(|_| label.by.0.is_by_people());
        self.fold.add(key, (seen.count, said_at), patterns, || {
            let template = logloop_logs::template(seen.message);
            let own = |text: Option<&str>| text.map(str::to_owned);
            let base = origin();
            let end = seen.raw.floor_char_boundary(MAX_EXAMPLE_ENTRY_BYTES);
            TrainingExample {
                log_entry: seen.raw[..end].to_owned(),
                component: own(seen.component),
                operation: own(seen.operation),
                level: own(seen.level),
                is_failure: label.is_failure,
                severity: label.severity,
                keywords: label.keywords.iter().map(|word| word.to_string()).collect(),
                timestamp: own(seen.timestamp),
                transaction_id: own(seen.transaction_id),
                label_source: label.by.0,
                weight: label.by.1,
                contributor: label.who.map(|who| contributors.of(who)),
                held_out: base.held_out || held_out.has(&template),
                before_template: seen.before.map(|before| mask(&before.message)),
                before_level: own(seen.before.and_then(|b| b.level).map(Level::as_str)),
                template: template.text,
                ..base
            }
        });
    }

    /// The same with the label that the rules give, if they are sure.
    pub(super) fn add_by_rules(
        &mut self,
        seen: &Seen<'_>,
        level: Option<Level>,
        by: (LabelSource, f32),
        who: Option<&str>,
        origin: impl FnOnce() -> TrainingExample,
    ) -> Mark {
        let Some(judged) = self.rules.judge(seen.message, level, seen.key) else {
            self.given.unclear += seen.count;
            return Mark::default();
        };
        let mark = Mark::of(judged.is_failure, by.0, false);
        let label = Label {
            is_failure: judged.is_failure,
            severity: judged.severity,
            by,
            who,
            said_at: None,
            patterns: &judged.patterns,
            keywords: &judged.keywords,
        };
        self.add(seen, label, origin);
        mark
    }
}

/// The entries of one interaction's log.
pub(super) struct Entries<'r> {
    origin: Origin<'r>,
    found: Found<'r>,
    weak: (LabelSource, f32),
    by_line: HashMap<u64, &'r Correction>,
    by_text: HashMap<&'r str, &'r Correction>,
    templates: TemplateMatcher,
    /// Corrections that hold for a template, in the order of `templates`.
    held_for: Vec<&'r Correction>,
    /// The groups of failures are told as they are: their entries are left out here.
    without_failures: bool,
    neighbours: Neighbours,
    taught: HashSet<u64, BuildHasherDefault<Hashed>>,
}

impl<'r> Entries<'r> {
    pub(super) fn of(origin: Origin<'r>) -> Self {
        let corrections = origin.corrections();
        // Of two about one text what was said last counts.
        let mut in_time: Vec<&Correction> = corrections.iter().collect();
        in_time.sort_by_key(|correction| (correction.said_at, correction.line));
        let held_for: BTreeMap<&str, &Correction> = in_time
            .iter()
            .copied()
            .filter(|correction| !correction.holds_for.is_empty())
            .map(|correction| (correction.holds_for.as_str(), correction))
            .collect();
        Self {
            origin,
            found: Found::of(&origin.record.analysis_results.failures),
            weak: origin.weak(),
            by_line: corrections.iter().map(|c| (c.line, c)).collect(),
            by_text: in_time
                .iter()
                .copied()
                .map(|c| (c.template_id.as_str(), c))
                .collect(),
            templates: TemplateMatcher::new(held_for.keys().copied()),
            held_for: held_for.into_values().collect(),
            without_failures: false,
            neighbours: Neighbours::default(),
            taught: HashSet::default(),
        }
    }

    /// The same without those that the answer lists as failures.
    pub(super) fn without_failures(origin: Origin<'r>) -> Self {
        Self {
            without_failures: true,
            ..Self::of(origin)
        }
    }

    /// The label of an entry goes to `out`, if it has one; what is said of it.
    pub(super) fn push(&mut self, entry: &Entry<'_>, out: &mut Out<'_>) -> Mark {
        let key = logloop_logs::key(&entry.message);
        self.neighbours.step(key, entry);
        let is_over_bound = self.is_over_bound(key);
        let mut seen = Seen::of(entry, key, self.neighbours.before());
        let correction = self.correction(entry);
        let results = &self.origin.record.analysis_results;
        if is_over_bound {
            out.given.over_bound += 1;
            return Mark::said(correction, false, self.weak.0);
        }
        let origin = self.origin;
        if correction.is_none() && results.is_absent() {
            return out.add_by_rules(&seen, entry.level, self.weak, origin.subject(), || {
                origin.example()
            });
        }
        let failure = self
            .found
            .group(entry, || logloop_logs::template(&entry.message));
        let mark = Mark::said(correction, failure.is_some(), self.weak.0);
        if self.without_failures && failure.is_some() {
            return mark;
        }
        if correction.is_none() && failure.is_none() && results.stats.failure_groups_left_out > 0 {
            out.given.unlisted += 1;
            return mark;
        }
        let label = Label {
            who: correction.map_or(origin.subject(), |said| said.subject.as_deref()),
            said_at: correction.map_or(origin.useful_at(), |said| said.said_at),
            ..label(failure, correction, self.weak)
        };
        if let Some(correction) = correction {
            seen.component = correction.component.as_deref().or(seen.component);
            seen.operation = correction.operation.as_deref().or(seen.operation);
        }
        out.add(&seen, label, || origin.example());
        mark
    }

    /// What is said of an entry, without making an example of it.
    pub(super) fn mark(&self, entry: &Entry<'_>) -> Mark {
        let failure = self
            .found
            .group(entry, || logloop_logs::template(&entry.message));
        Mark::said(self.correction(entry), failure.is_some(), self.weak.0)
    }

    fn correction(&self, entry: &Entry<'_>) -> Option<&'r Correction> {
        if self.by_line.is_empty() {
            return None;
        }
        // Of two within one entry the later counts, as where corrections are in force.
        let of_line = (entry.line_start..=entry.line_end)
            .rev()
            .find_map(|line| self.by_line.get(&line).copied());
        // The correction of a line speaks for the other lines of its template here.
        of_line.or_else(|| {
            let Template { id, text } = logloop_logs::template(&entry.message);
            let of_text = self.by_text.get(id.as_str()).copied();
            of_text.or_else(|| self.templates.find(&text).map(|at| self.held_for[at]))
        })
    }

    fn is_over_bound(&mut self, key: u64) -> bool {
        let entries = self.origin.record.analysis_results.stats.total_entries as usize;
        if (1..=MAX_EXAMPLES_PER_INTERACTION).contains(&entries) {
            return false;
        }
        if self.taught.len() < MAX_EXAMPLES_PER_INTERACTION {
            self.taught.insert(key);
            return false;
        }
        !self.taught.contains(&key)
    }
}

fn label<'r>(
    failure: Option<&'r Group<'r>>,
    correction: Option<&Correction>,
    weak: (LabelSource, f32),
) -> Label<'r> {
    let (is_failure, severity, by) = match correction {
        None => (failure.is_some(), failure.map_or(0.0, |f| f.severity), weak),
        Some(correction) => {
            let severity = correction
                .severity
                .or(failure.map(|f| f.severity))
                .unwrap_or(DEFAULT_CORRECTED_SEVERITY);
            let source = if correction.gold {
                LabelSource::Gold
            } else {
                LabelSource::Correction
            };
            let severity = if correction.is_failure { severity } else { 0.0 };
            (correction.is_failure, severity, (source, source.weight()))
        }
    };
    let told = failure.filter(|_| is_failure);
    Label {
        is_failure,
        severity,
        by,
        who: None,
        said_at: None,
        patterns: told.map_or(&[], |group| &group.error_patterns),
        keywords: told.map_or(&[], |group| &group.keywords),
    }
}

#[cfg(test)]
#[path = "entries_tests.rs"]
mod tests;
