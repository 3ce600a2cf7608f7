//! Verdicts by masked text and level: cost follows distinct ones, not lines.

use std::collections::HashMap;

use logloop_logs::{Entry, Level, Texts};

use super::distinct::Distinct;
use super::scorer::{Scorer, Verdict};

/// Verdicts of masked texts that occur with several levels or, with a model, components; what
/// comes after these is scored each time. Some 60 bytes each.
const MAX_FURTHER: usize = 100_000;

#[derive(Clone, Copy)]
struct Cell {
    level: Option<Level>,
    component: u64,
    verdict: Verdict,
}

/// The distinct masked texts of a log with their verdicts.
#[derive(Default)]
pub(super) struct Cells {
    pub(super) texts: Texts,
    /// The verdict at the level and component that each text came with first.
    first: Vec<Cell>,
    further: HashMap<(u32, Option<Level>, u64), Verdict>,
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
            let verdict = scorer.verdict(&masked.text, entry);
            return (None, scorer.settle(verdict, entry));
        };
        let component = scorer.component_hash(entry);
        let verdict = match self.first.get(index as usize) {
            Some(cell) if cell.level == entry.level && cell.component == component => cell.verdict,
            Some(_) => self.further(index, component, entry, scorer),
            None => {
                let verdict = scorer.verdict(self.texts.text(index), entry);
                self.first.push(Cell {
                    level: entry.level,
                    component,
                    verdict,
                });
                verdict
            }
        };
        (Some(index), scorer.settle(verdict, entry))
    }

    fn further(
        &mut self,
        index: u32,
        component: u64,
        entry: &Entry<'_>,
        scorer: &Scorer,
    ) -> Verdict {
        let key = (index, entry.level, component);
        if let Some(verdict) = self.further.get(&key) {
            return *verdict;
        }
        let verdict = scorer.verdict(self.texts.text(index), entry);
        if self.further.len() < MAX_FURTHER {
            self.further.insert(key, verdict);
        }
        verdict
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
