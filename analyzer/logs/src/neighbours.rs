//! What was logged just before an entry, where that says something else.

use crate::{Entry, Level};

/// Bytes of a message that are kept: as many as its template is read for.
const MAX_MESSAGE_BYTES: usize = 2048;

/// Lines between two entries that may be blank; behind more nothing is known of what was logged before.
const MAX_BLANK_LINES: u64 = 8;

/// What was made of the entry before, whatever that is, in a log of which lines may be left out; keeps its memory from entry
/// to entry. What is before one of several entries alike in a row is what was before the first of them.
#[derive(Debug, Default)]
pub struct Preceding<T> {
    last_key: Option<u64>,
    last_line: u64,
    last: T,
    before: T,
    has_before: bool,
}

impl<T> Preceding<T> {
    /// Goes on to an entry, given the key of its masked text; `make` is called for the first of several alike.
    pub fn step(&mut self, key: u64, entry: &Entry<'_>, make: impl FnOnce(&mut T)) {
        if entry.line_start > self.last_line + 1 + MAX_BLANK_LINES {
            (self.last_key, self.has_before) = (None, false);
        }
        self.last_line = entry.line_end;
        if self.last_key == Some(key) {
            return;
        }
        std::mem::swap(&mut self.last, &mut self.before);
        self.has_before = self.last_key.is_some();
        self.last_key = Some(key);
        make(&mut self.last);
    }

    /// What is before the entry that was gone on to.
    pub fn before(&self) -> Option<&T> {
        self.has_before.then_some(&self.before)
    }
}

/// An entry, as the one after it sees it.
#[derive(Debug, Default)]
pub struct Neighbour {
    /// Its message, up to a bound.
    pub message: String,
    /// Its level.
    pub level: Option<Level>,
}

/// The entries of a log, each with the one before it.
#[derive(Debug, Default)]
pub struct Neighbours(Preceding<Neighbour>);

impl Neighbours {
    /// Goes on to an entry, given the key of its masked text.
    pub fn step(&mut self, key: u64, entry: &Entry<'_>) {
        self.0.step(key, entry, |last| {
            let end = entry.message.floor_char_boundary(MAX_MESSAGE_BYTES);
            last.level = entry.level;
            last.message.clear();
            last.message.push_str(&entry.message[..end]);
        });
    }

    /// What is before the entry that was gone on to.
    pub fn before(&self) -> Option<&Neighbour> {
        self.0.before()
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
