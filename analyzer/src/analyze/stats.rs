//! Counts over a whole log.

use std::collections::{BTreeMap, HashMap};

use logloop_logs::Summary;
use logloop_records::AnalysisStats;

use super::ScoredEntry;
use super::distinct::Distinct;

/// Components and operations named in the statistics, the most frequent ones.
const MAX_NAMES: usize = 50;

/// Components, and operations, that are counted; names that come after these are not.
pub(super) const MAX_COUNTED_NAMES: usize = 20_000;

/// Counts, fed an entry at a time.
#[derive(Default)]
pub(super) struct Counts {
    stats: AnalysisStats,
    levels: BTreeMap<&'static str, u64>,
    patterns: BTreeMap<&'static str, u64>,
    templates: Distinct,
    components: Names,
    operations: Names,
}

impl Counts {
    /// Counts an entry.
    pub(super) fn add(&mut self, scored: &ScoredEntry<'_>) {
        let entry = &scored.entry;
        self.stats.total_entries += 1;
        self.templates.add(scored.template.key());
        if let Some(level) = entry.level {
            *self.levels.entry(level.as_str()).or_default() += 1;
        }
        self.components.add(entry.component.as_deref());
        self.operations.add(entry.operation.as_deref());
        if let Some(time) = entry.timestamp.as_deref() {
            if self.stats.first_timestamp.is_none() {
                self.stats.first_timestamp = Some(time.to_owned());
            }
            let last = self.stats.last_timestamp.get_or_insert_default();
            last.clear();
            last.push_str(time);
        }
        if scored.scored.is_failure {
            self.stats.total_failures += 1;
            for pattern in &scored.scored.patterns {
                *self.patterns.entry(pattern).or_default() += 1;
            }
        }
    }

    /// The statistics of the whole log.
    pub(super) fn finish(self, parsed: &Summary, mut warnings: Vec<String>) -> AnalysisStats {
        let templates = self.templates.count();
        if templates.more {
            warnings.push(format!(
                "{templates} templates were found; that many were told apart"
            ));
        }
        for (what, names) in [
            ("components", &self.components),
            ("operations", &self.operations),
        ] {
            if names.left_out {
                warnings.push(format!(
                    "more than {MAX_COUNTED_NAMES} {what} were found; those that came later were not counted"
                ));
            }
        }
        let own = |counts: BTreeMap<&str, u64>| {
            counts
                .into_iter()
                .map(|(name, count)| (name.to_owned(), count))
                .collect()
        };
        AnalysisStats {
            total_lines: parsed.total_lines,
            total_templates: templates.count,
            format: parsed.detection.format.to_string(),
            format_reason: parsed.detection.reason.clone(),
            levels: own(self.levels),
            components: self.components.most_frequent(),
            operations: self.operations.most_frequent(),
            error_patterns: own(self.patterns),
            warnings,
            ..self.stats
        }
    }
}

/// How often each name occurs.
#[derive(Default)]
struct Names {
    counts: HashMap<String, u64>,
    left_out: bool,
}

impl Names {
    fn add(&mut self, name: Option<&str>) {
        let Some(name) = name else { return };
        if let Some(count) = self.counts.get_mut(name) {
            *count += 1;
        } else if self.counts.len() < MAX_COUNTED_NAMES {
            self.counts.insert(name.to_owned(), 1);
        } else {
            self.left_out = true;
        }
    }

    fn most_frequent(self) -> BTreeMap<String, u64> {
        let mut all: Vec<_> = self.counts.into_iter().collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all.truncate(MAX_NAMES);
        all.into_iter().collect()
    }
}
