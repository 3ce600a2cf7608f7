//! Failing entries of the same template become one group.

use std::collections::HashMap;

use logloop_records::Failure;

use super::ScoredEntry;

/// Line numbers kept in a group; its count is exact.
const MAX_LINES_PER_GROUP: usize = 1000;

/// Bytes of the first entry's text that a group keeps.
const MAX_ENTRY_BYTES: usize = 4096;

/// Groups in the order of their first lines.
pub(super) fn group(entries: &[ScoredEntry<'_>]) -> Vec<Failure> {
    let mut index: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<Failure> = vec![];
    for scored in entries.iter().filter(|scored| scored.scored.is_failure) {
        let at = *index.entry(&scored.template.id).or_insert_with(|| {
            groups.push(first(scored));
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.count += 1;
        if group.lines.len() < MAX_LINES_PER_GROUP {
            group.lines.push(scored.entry.line_start);
        }
        group.severity = group.severity.max(scored.scored.severity);
        group.score = group.score.max(scored.scored.score);
        if let Some(time) = &scored.entry.timestamp {
            group.last_seen = Some(time.clone().into_owned());
        }
        add(
            &mut group.error_patterns,
            scored.scored.patterns.iter().copied(),
        );
        add(
            &mut group.keywords,
            scored.scored.keywords.iter().map(String::as_str),
        );
    }
    groups
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

fn add<'a>(list: &mut Vec<String>, words: impl Iterator<Item = &'a str>) {
    for word in words {
        if !list.iter().any(|known| known == word) {
            list.push(word.to_owned());
        }
    }
}
