//! The lines around the first entry of a group.

use std::collections::HashMap;

use logloop_logs::lines;
use logloop_records::{ContextLine, Failure};

/// Groups, by rank, that get context.
const MAX_GROUPS_WITH_CONTEXT: usize = 50;

/// Lines before and after the first entry.
const CONTEXT_LINES: u64 = 3;

/// Bytes kept of a context line.
const MAX_CONTEXT_LINE_BYTES: usize = 400;

/// Adds context to the groups that rank first.
pub(super) fn add(failures: &mut [Failure], text: &str) {
    let with_context = failures.len().min(MAX_GROUPS_WITH_CONTEXT);
    let mut wanted: HashMap<u64, Vec<usize>> = HashMap::new();
    for (index, failure) in failures[..with_context].iter().enumerate() {
        let around = failure.line.saturating_sub(CONTEXT_LINES)..=failure.line_end + CONTEXT_LINES;
        for line in around.filter(|line| *line < failure.line || *line > failure.line_end) {
            wanted.entry(line).or_default().push(index);
        }
    }
    for line in lines(text) {
        for index in wanted.get(&line.number).into_iter().flatten() {
            let cut = line.text.floor_char_boundary(MAX_CONTEXT_LINE_BYTES);
            let text = line.text[..cut].to_owned();
            failures[*index].context.push(ContextLine {
                line: line.number,
                text,
            });
        }
    }
}
