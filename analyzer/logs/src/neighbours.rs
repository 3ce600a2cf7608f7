//! What was logged just before an entry, where that says something else.

use crate::{Entry, Level};

/// Bytes of a message that are kept: as many as its template is read for.
const MAX_MESSAGE_BYTES: usize = 2048;

/// Lines between two entries that may be blank; behind more nothing is known of what was logged before.
const MAX_BLANK_LINES: u64 = 8;

/// An entry, as the one after it sees it.
#[derive(Debug, Default)]
pub struct Neighbour {
    /// Key of its masked text; none: there is no entry.
    key: Option<u64>,
    /// Its message, up to a bound.
    pub message: String,
    /// Its level.
    pub level: Option<Level>,
}

/// Follows a log; keeps its memory from entry to entry.
#[derive(Debug, Default)]
pub struct Neighbours {
    last: Neighbour,
    before: Neighbour,
    last_line: u64,
}

impl Neighbours {
    /// Goes on to an entry, given the key of its masked text: what is before one of several alike in a row is what was
    /// before the first of them.
    pub fn step(&mut self, key: u64, entry: &Entry<'_>) {
        if entry.line_start > self.last_line + 1 + MAX_BLANK_LINES {
            self.last.key = None;
            self.before.key = None;
        }
        self.last_line = entry.line_end;
        if self.last.key == Some(key) {
            return;
        }
        std::mem::swap(&mut self.last, &mut self.before);
        let message = &entry.message;
        self.last.key = Some(key);
        self.last.level = entry.level;
        self.last.message.clear();
        let end = message.floor_char_boundary(MAX_MESSAGE_BYTES);
        self.last.message.push_str(&message[..end]);
    }

    /// What is before the entry that was gone on to.
    pub fn before(&self) -> Option<&Neighbour> {
        Some(&self.before).filter(|before| before.key.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(log: &str) -> Vec<Option<String>> {
        let mut neighbours = Neighbours::default();
        let mut told = vec![];
        crate::parse_each(log, None, |entry| {
            neighbours.step(crate::key(&entry.message), &entry);
            told.push(neighbours.before().map(|before| before.message.clone()));
        });
        told
    }

    #[test]
    fn what_is_before_is_another() {
        let log: String = ["a", "a", "b", "a", "a", "c"]
            .map(|word| format!("2026-11-22T10:00:00Z INFO shop: {word}\n"))
            .concat();
        let found = told(&log);
        let found: Vec<_> = found.iter().map(Option::as_deref).collect();
        let [none, a, b] = [None, Some("a"), Some("b")];
        assert_eq!(found, [none, none, a, b, b, a]);
    }

    #[test]
    fn behind_a_gap_nothing_is_known() {
        let line = |word: &str| format!("2026-11-22T10:00:00Z INFO shop: {word}\n");
        for (blank, known) in [(2, true), (60, false)] {
            let log = [line("a"), line("b"), "\n".repeat(blank), line("c")].concat();
            let found = told(&log);
            assert_eq!(found[2].as_deref(), known.then_some("b"), "{blank}");
        }
    }
}
