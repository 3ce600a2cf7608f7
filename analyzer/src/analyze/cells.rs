//! Verdicts by masked text and level: cost follows distinct ones, not lines.

use std::collections::HashMap;

use logloop_logs::{Entry, Level, Preceding, Texts};

use super::distinct::Distinct;
use super::scorer::{Before, Judged, Scorer, Verdict};

/// Verdicts of masked texts that occur with several levels or, with a model, components; what
/// comes after these is scored each time. Some 120 bytes each.
const MAX_FURTHER: usize = 100_000;

#[derive(Clone, Copy)]
struct Cell {
    level: Option<Level>,
    component: u64,
    judged: Judged,
}

/// The distinct masked texts of a log with their verdicts.
#[derive(Default)]
pub(super) struct Cells {
    pub(super) texts: Texts,
    /// The verdict at the level and component that each text came with first.
    first: Vec<Cell>,
    further: HashMap<(u32, Option<Level>, u64), Judged>,
    preceding: Preceding<Before>,
    /// Masked texts that are not kept.
    pub(super) left_out: Distinct,
}

impl Cells {
    /// Counts an entry; index of its masked text, if it is kept, and its verdict.
    #[inline]
    pub(super) fn add(&mut self, entry: &Entry<'_>, scorer: &Scorer) -> (Option<u32>, Verdict) {
        let Some(index) = self.texts.add(&entry.message, entry.line_start) else {
            let masked = logloop_logs::template(&entry.message);
            self.left_out.add(masked.key());
            let judged = scorer.judge(&masked.text, entry);
            let before = self.step(masked.key(), entry, None, &judged);
            return (None, scorer.settle(&judged, before.added, entry));
        };
        let component = scorer.component_hash(entry);
        let judged = match self.first.get(index as usize) {
            Some(cell) if cell.level == entry.level && cell.component == component => cell.judged,
            Some(_) => self.further(index, component, entry, scorer),
            None => {
                let judged = scorer.judge(self.texts.text(index), entry);
                self.first.push(Cell {
                    level: entry.level,
                    component,
                    judged,
                });
                judged
            }
        };
        let key = self.texts.key(index);
        let before = self.step(key, entry, Some(index), &judged);
        (Some(index), scorer.settle(&judged, before.added, entry))
    }

    /// What was logged before the entry that was counted last.
    pub(super) fn before(&self) -> Before {
        self.preceding.before().copied().unwrap_or_default()
    }

    fn step(&mut self, key: u64, entry: &Entry<'_>, text: Option<u32>, judged: &Judged) -> Before {
        let added = judged.as_before;
        self.preceding
            .step(key, entry, |last| *last = Before { added, text });
        self.before()
    }

    fn further(
        &mut self,
        index: u32,
        component: u64,
        entry: &Entry<'_>,
        scorer: &Scorer,
    ) -> Judged {
        let key = (index, entry.level, component);
        if let Some(judged) = self.further.get(&key) {
            return *judged;
        }
        let judged = scorer.judge(self.texts.text(index), entry);
        if self.further.len() < MAX_FURTHER {
            self.further.insert(key, judged);
        }
        judged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_made_once_for_each_text_and_level() {
        let mut log = String::new();
        for number in 0..200 {
            let level = ["INFO", "ERROR"][number % 2];
            let text = ["card N declined", "disk N full"][number / 2 % 2];
            let text = text.replace('N', &number.to_string());
            log.push_str(&format!("2026-11-22 10:00:00 {level} shop: {text}\n"));
        }
        let (mut cells, scorer) = (Cells::default(), Scorer::rules());
        let mut failures = 0;
        logloop_logs::parse_each(&log, None, |entry| {
            failures += u32::from(cells.add(&entry, &scorer).1.is_failure);
        });
        assert_eq!(
            (cells.texts.len(), cells.first.len(), cells.further.len()),
            (2, 2, 2)
        );
        assert_eq!(failures, 100);
    }
}
