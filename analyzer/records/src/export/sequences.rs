//! The transactions and windows of logs, beside the examples: what is normal is learned from those that did not fail.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use logloop_logs::Entry;
use logloop_scoring::sequence::{Assembler, Sequence, Shape, Taken};

use super::fold::Hashed;
use super::options::Filter;
use crate::example::LabelSource;
use crate::feedback::Correction;
use crate::sequence::TrainingSequence;

/// Sequences of one log; the rest of it is not read for more.
const MAX_OF_LOG: usize = 2_000;

/// Sequences of one part; further ones are counted.
const MAX_OF_PART: usize = 50_000;

/// Bytes of a long log that are read for its transactions, from its beginning.
pub(super) const MAX_READ_BYTES: usize = 1 << 20;

/// Bytes of a segment before logs in it that are read for their transactions alone: behind them enough is known, and an
/// export costs what its interactions do, not what their logs do.
const READ_WITHIN_BYTES: u64 = 32 << 20;

/// Steps that are held before sequences are passed on, 16 bytes each.
const MAX_HELD_STEPS: usize = 1 << 17;

/// Masked texts that are known by their keys; with more they are forgotten between two logs.
const MAX_TEXTS: usize = 20_000;

/// Who says what of an entry; those of a sequence are all of its entries' together.
#[derive(Clone, Copy, Default)]
pub(super) struct Mark(u8);

impl Mark {
    const FAILED: u8 = 1;
    const FAILED_FOR_SURE: u8 = 2;
    const FINE_FOR_SURE: u8 = 4;
    const GOLD: u8 = 8;
    const HELD_OUT: u8 = 16;

    /// An entry with this label.
    pub(super) fn of(is_failure: bool, source: LabelSource, held_out: bool) -> Self {
        let said = match (is_failure, source.is_strong()) {
            (true, true) => Self::FAILED_FOR_SURE,
            (true, false) => Self::FAILED,
            (false, true) => Self::FINE_FOR_SURE,
            (false, false) => 0,
        };
        let gold = if source == LabelSource::Gold {
            Self::GOLD
        } else {
            0
        };
        let held_out = if held_out { Self::HELD_OUT } else { 0 };
        Self(said | gold | held_out)
    }

    /// An entry that a person corrected, or else one with a weak label.
    pub(super) fn said(correction: Option<&Correction>, failed: bool, weak: LabelSource) -> Self {
        match correction {
            Some(said) => {
                let source = if said.gold {
                    LabelSource::Gold
                } else {
                    LabelSource::Correction
                };
                Self::of(said.is_failure, source, said.held_out)
            }
            None => Self::of(failed, weak, false),
        }
    }

    /// The label of a sequence, and who gave it, where entries without a person's word have `weak`.
    fn label(self, weak: (LabelSource, f32)) -> (bool, LabelSource, f32) {
        let strong = if self.0 & Self::GOLD > 0 {
            LabelSource::Gold
        } else {
            LabelSource::Correction
        };
        let is = |bit| self.0 & bit > 0;
        match (
            is(Self::FAILED_FOR_SURE),
            is(Self::FAILED),
            is(Self::FINE_FOR_SURE),
        ) {
            (true, ..) => (true, strong, strong.weight()),
            (_, true, _) => (true, weak.0, weak.1),
            (.., true) => (false, strong, strong.weight()),
            _ => (false, weak.0, weak.1),
        }
    }
}

/// What the sequences of one log have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    pub(super) source: &'static str,
    pub(super) log: String,
    pub(super) interaction_id: Option<String>,
    pub(super) interaction_timestamp: Option<DateTime<Utc>>,
    pub(super) contributor: Option<String>,
    /// Source and weight of labels that no person gave.
    pub(super) weak: (LabelSource, f32),
}

/// The sequences of one part after the other; nothing is gathered where nobody wants them.
#[derive(Default)]
pub(super) struct Sequences {
    wanted: bool,
    assembler: Assembler,
    by_key: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    gathered: Gathered,
}

/// The rows, and what they are made of.
#[derive(Default)]
struct Gathered {
    about: About,
    texts: Vec<Arc<str>>,
    rows: Vec<TrainingSequence>,
    held_steps: usize,
    of_log: usize,
    of_part: usize,
    left_out: u64,
}

impl Sequences {
    /// A part begins.
    pub(super) fn begin_part(&mut self, wanted: bool) {
        *self = Self {
            wanted,
            ..Self::default()
        };
    }

    /// A log begins.
    pub(super) fn begin(&mut self, about: About) {
        let gathered = &mut self.gathered;
        if gathered.texts.len() > MAX_TEXTS {
            gathered.texts.clear();
            self.by_key.clear();
        }
        gathered.about = about;
        gathered.of_log = 0;
        self.assembler = Assembler::default();
    }

    /// Whether a log is read for its transactions alone, which stands behind so many bytes of its segment.
    pub(super) fn reads_after(&self, bytes: u64) -> bool {
        self.wanted && self.gathered.of_part < MAX_OF_PART && bytes < READ_WITHIN_BYTES
    }

    /// The next entry of the log; `key` is that of its masked text.
    pub(super) fn push(&mut self, entry: &Entry<'_>, key: u64, mark: Mark, filter: &Filter) {
        if !self.wanted {
            return;
        }
        let gathered = &mut self.gathered;
        let template = match self.by_key.get(&key) {
            Some(known) => *known,
            None => {
                let text = logloop_logs::template(&entry.message).text;
                gathered.texts.push(text.into());
                let new = gathered.texts.len() as u32 - 1;
                self.by_key.insert(key, new);
                new
            }
        };
        let taken = Taken {
            line: entry.line_start,
            line_end: entry.line_end,
            transaction_id: entry.transaction_id.as_deref(),
            component: entry.component.as_deref(),
            template,
            marks: mark.0,
        };
        self.assembler
            .push(&taken, &mut |sequence| gathered.take(sequence, filter));
    }

    /// The log has ended.
    pub(super) fn end(&mut self, filter: &Filter) {
        let assembler = std::mem::take(&mut self.assembler);
        assembler.finish(&mut |sequence| self.gathered.take(sequence, filter));
    }

    /// The rows, if there are too many to hold, or in any case.
    pub(super) fn rows(&mut self, all: bool) -> Vec<TrainingSequence> {
        let gathered = &mut self.gathered;
        if !all && gathered.held_steps < MAX_HELD_STEPS {
            return vec![];
        }
        gathered.held_steps = 0;
        std::mem::take(&mut gathered.rows)
    }

    /// Sequences that a bound kept out of this part.
    pub(super) fn left_out(&self) -> u64 {
        self.gathered.left_out
    }
}

impl Gathered {
    fn take(&mut self, sequence: Sequence, filter: &Filter) {
        let about = &self.about;
        let (is_failure, label_source, weight) = Mark(sequence.marks).label(about.weak);
        if !filter.takes(label_source) {
            return;
        }
        if self.of_log >= MAX_OF_LOG || self.of_part >= MAX_OF_PART {
            self.left_out += 1;
            return;
        }
        let own = |name: &Arc<str>| name.to_string();
        let (is_window, component, transaction_id) = match &sequence.shape {
            Shape::Window(component) => (true, component.as_ref().map(own), None),
            Shape::Transaction(id) => (false, None, Some(own(id))),
        };
        let step =
            |step: &logloop_scoring::sequence::Step| self.texts[step.template as usize].clone();
        self.held_steps += sequence.steps.len();
        self.of_log += 1;
        self.of_part += 1;
        self.rows.push(TrainingSequence {
            source: about.source.to_owned(),
            log: about.log.clone(),
            interaction_id: about.interaction_id.clone(),
            interaction_timestamp: about.interaction_timestamp,
            is_window,
            component,
            transaction_id,
            first_line: sequence.first_line,
            last_line: sequence.last_line,
            entries: sequence.entries,
            is_whole: sequence.whole,
            steps: sequence.steps.iter().map(step).collect(),
            is_failure,
            label_source,
            weight,
            held_out: sequence.marks & Mark::HELD_OUT > 0,
            contributor: about.contributor.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_word_counts() {
        let weak = (LabelSource::Model, 0.5);
        let of = |marks: &[(bool, LabelSource)]| {
            let all = marks
                .iter()
                .fold(0, |all, (failed, by)| all | Mark::of(*failed, *by, false).0);
            let (failed, by, _) = Mark(all).label(weak);
            (failed, by)
        };
        use LabelSource::{Correction, Gold, Model};
        for (marks, expect) in [
            (&[][..], (false, Model)),
            (&[(false, Model), (true, Model)], (true, Model)),
            (&[(true, Model), (false, Correction)], (true, Model)),
            (&[(false, Model), (false, Correction)], (false, Correction)),
            (&[(true, Model), (true, Correction)], (true, Correction)),
            (&[(true, Gold), (false, Model)], (true, Gold)),
        ] {
            assert_eq!(of(marks), expect, "{marks:?}");
        }
    }
}
