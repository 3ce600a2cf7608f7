//! Counts over a whole log.

use std::collections::{BTreeMap, HashMap, HashSet};

use logloop_logs::Parsed;
use logloop_records::AnalysisStats;

use super::ScoredEntry;

/// Components and operations named in the statistics, the most frequent ones.
const MAX_NAMES: usize = 50;

/// Counts the entries.
pub(super) fn count(
    parsed: &Parsed<'_>,
    entries: &[ScoredEntry<'_>],
    warnings: Vec<String>,
) -> AnalysisStats {
    let mut stats = AnalysisStats {
        total_lines: parsed.total_lines,
        total_entries: entries.len() as u64,
        format: parsed.detection.format.to_string(),
        format_reason: parsed.detection.reason.clone(),
        warnings,
        ..AnalysisStats::default()
    };
    let mut templates = HashSet::new();
    let (mut components, mut operations) = (HashMap::new(), HashMap::new());
    for scored in entries {
        let entry = &scored.entry;
        templates.insert(scored.template.id.as_str());
        if let Some(level) = entry.level {
            *stats.levels.entry(level.as_str().to_owned()).or_default() += 1;
        }
        for (name, counts) in [
            (&entry.component, &mut components),
            (&entry.operation, &mut operations),
        ] {
            if let Some(name) = name {
                *counts.entry(name.as_ref()).or_default() += 1;
            }
        }
        if let Some(time) = entry.timestamp.as_deref() {
            if stats.first_timestamp.is_none() {
                stats.first_timestamp = Some(time.to_owned());
            }
            stats.last_timestamp = Some(time.to_owned());
        }
        if scored.scored.is_failure {
            stats.total_failures += 1;
            for pattern in &scored.scored.patterns {
                *stats
                    .error_patterns
                    .entry((*pattern).to_owned())
                    .or_default() += 1;
            }
        }
    }
    stats.total_templates = templates.len() as u64;
    stats.components = most_frequent(components);
    stats.operations = most_frequent(operations);
    stats
}

fn most_frequent(counts: HashMap<&str, u64>) -> BTreeMap<String, u64> {
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    all.into_iter()
        .take(MAX_NAMES)
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}
