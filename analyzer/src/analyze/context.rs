//! The lines around the first entry of a group, kept while the entries go by.

use logloop_logs::{Entry, lines};
use logloop_records::ContextLine;

/// Lines before and after the entry.
const CONTEXT_LINES: usize = 3;

/// Bytes kept of a context line.
const MAX_CONTEXT_LINE_BYTES: usize = 400;

/// The last lines of the entries that went by, and who waits for the next ones.
#[derive(Default)]
pub(super) struct Context {
    last: [ContextLine; CONTEXT_LINES],
    /// Where the next line goes in `last`.
    next: usize,
    /// Groups that want more lines, and how many.
    waiting: Vec<(usize, usize)>,
}

impl Context {
    /// The lines before the entry that comes next. `group` gets those after it.
    pub(super) fn begin(&mut self, group: usize) -> Vec<ContextLine> {
        self.waiting.push((group, CONTEXT_LINES));
        (0..CONTEXT_LINES)
            .map(|at| &self.last[(self.next + at) % CONTEXT_LINES])
            .filter(|line| line.line > 0)
            .cloned()
            .collect()
    }

    /// Whether some group waits for lines.
    pub(super) fn is_awaited(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Gives the first lines of an entry to the groups that wait for them.
    pub(super) fn give(&mut self, entry: &Entry<'_>, mut to: impl FnMut(usize, ContextLine)) {
        for (at, line) in lines(entry.raw).take(CONTEXT_LINES).enumerate() {
            for (group, wanted) in &mut self.waiting {
                if *wanted > 0 {
                    *wanted -= 1;
                    let mut kept = ContextLine::default();
                    keep(&mut kept, entry.line_start + at as u64, line.text);
                    to(*group, kept);
                }
            }
        }
        self.waiting.retain(|(_, wanted)| *wanted > 0);
    }

    /// Remembers the last lines of an entry.
    #[inline]
    pub(super) fn remember(&mut self, entry: &Entry<'_>) {
        if entry.line_start == entry.line_end {
            return self.push(entry.line_start, entry.raw);
        }
        let count = entry.line_end - entry.line_start + 1;
        let skipped = count.saturating_sub(CONTEXT_LINES as u64);
        for (at, line) in lines(entry.raw).enumerate().skip(skipped as usize) {
            self.push(entry.line_start + at as u64, line.text);
        }
    }

    fn push(&mut self, number: u64, text: &str) {
        keep(&mut self.last[self.next], number, text);
        self.next = (self.next + 1) % CONTEXT_LINES;
    }
}

fn keep(kept: &mut ContextLine, number: u64, text: &str) {
    kept.line = number;
    kept.text.clear();
    let end = text.floor_char_boundary(MAX_CONTEXT_LINE_BYTES);
    kept.text.push_str(&text[..end]);
}
