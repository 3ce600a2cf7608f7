//! Transactions and windows against what the serving model knows to be normal.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use logloop_logs::{Entry, TemplateMatcher, Templates, Texts};
use logloop_records::{Anomaly, SequenceCounts};
use logloop_scoring::SequenceModel;
use logloop_scoring::sequence::{Assembler, Kind, Profile, Sequence, Shape, Taken};

use super::anomaly;

/// Odd sequences kept until the log has ended, the first found; those after them are counted.
const MAX_ODD: usize = 2_000;

/// A mark: an entry failed.
const FAILED: u8 = 1;

/// A mark: the masked text of an entry is not kept, so that nothing can be said of the sequence.
const UNNAMED: u8 = 2;

/// Sequences that were judged and are known again by a hash of their templates, 9 bytes each; others are judged each time.
const MAX_JUDGED: usize = 1 << 17;

/// A masked text whose template was not looked for yet.
const UNSEEN: u32 = u32::MAX;

/// Judges sequences as they end; memory follows those that are open, and those that are odd.
pub(super) struct Sequences<'m> {
    assembler: Assembler,
    judge: Judge<'m>,
}

struct Judge<'m> {
    model: &'m SequenceModel,
    matcher: &'m TemplateMatcher,
    /// Template of each masked text: its number in the model, or a larger one.
    numbers: Vec<u32>,
    /// Of sequences that are not odd: whether it is known what is normal for such ones.
    judged: HashMap<u64, bool>,
    hasher: RandomState,
    odd: Vec<Sequence>,
    /// Odd ones that are not kept.
    more: u64,
    counts: SequenceCounts,
}

impl<'m> Sequences<'m> {
    pub(super) fn new((model, matcher): (&'m SequenceModel, &'m TemplateMatcher)) -> Self {
        Self {
            assembler: Assembler::default(),
            judge: Judge {
                model,
                matcher,
                numbers: vec![],
                judged: HashMap::new(),
                hasher: RandomState::new(),
                odd: vec![],
                more: 0,
                counts: SequenceCounts::default(),
            },
        }
    }

    /// Takes the next entry, and the place of its masked text among `texts`.
    pub(super) fn push(
        &mut self,
        entry: &Entry<'_>,
        text: Option<u32>,
        failed: bool,
        texts: &Texts,
    ) {
        let taken = Taken {
            line: entry.line_start,
            line_end: entry.line_end,
            transaction_id: entry.transaction_id.as_deref(),
            component: entry.component.as_deref(),
            template: text.unwrap_or_default(),
            marks: if failed { FAILED } else { 0 } | if text.is_none() { UNNAMED } else { 0 },
        };
        let judge = &mut self.judge;
        self.assembler
            .push(&taken, &mut |sequence| judge.take(sequence, texts));
    }

    /// The anomalies of the log. Now that its templates are known, a text is no new one if a template of the model is an
    /// instance of its template here: its words vary.
    pub(super) fn finish(
        self,
        texts: &Texts,
        templates: &Templates,
    ) -> (Vec<Anomaly>, SequenceCounts) {
        let Self {
            assembler,
            mut judge,
        } = self;
        assembler.finish(&mut |sequence| judge.take(sequence, texts));
        judge.finish(texts, templates)
    }
}

impl<'m> Judge<'m> {
    fn finish(mut self, texts: &Texts, templates: &Templates) -> (Vec<Anomaly>, SequenceCounts) {
        let odd = std::mem::take(&mut self.odd);
        self.known_by_their_templates(&odd, texts, templates);
        let mut found = vec![];
        for sequence in odd {
            let profile = Profile::new(self.steps(&sequence, texts), sequence.whole);
            let Some(kind) = self.kind(&sequence, &profile) else {
                continue;
            };
            let evidence = SequenceModel::findings(kind, &profile);
            if !evidence.is_empty() {
                found.push((sequence, profile, evidence));
            }
        }
        self.counts.anomalous = found.len() as u64 + self.more;
        let unknown = self.model.templates.len() as u32;
        let name = |number: u32| match number.checked_sub(unknown) {
            Some(text) => templates.text(texts, text).to_owned(),
            None => self.model.templates[number as usize].clone(),
        };
        let anomalies = anomaly::grouped(&found, &name, |sequence| sequence.marks & FAILED > 0);
        (anomalies, self.counts)
    }

    fn take(&mut self, sequence: Sequence, texts: &Texts) {
        if sequence.marks & UNNAMED > 0 {
            self.counts.unknown += 1;
            return;
        }
        let steps = self.steps(&sequence, texts);
        let component = match &sequence.shape {
            Shape::Window(component) => Some(component),
            Shape::Transaction(_) => None,
        };
        let key = self.hasher.hash_one((component, sequence.whole, &steps));
        let is_known = match self.judged.get(&key) {
            Some(is_known) => Some(*is_known),
            None => {
                let profile = Profile::new(steps, sequence.whole);
                let kind = self.kind(&sequence, &profile);
                let is_odd =
                    kind.is_some_and(|kind| !SequenceModel::findings(kind, &profile).is_empty());
                if !is_odd && self.judged.len() < MAX_JUDGED {
                    self.judged.insert(key, kind.is_some());
                }
                (!is_odd).then_some(kind.is_some())
            }
        };
        self.counts.unknown += u64::from(is_known == Some(false));
        self.counts.checked += u64::from(is_known != Some(false));
        if is_known.is_some() {
            return;
        }
        if self.odd.len() < MAX_ODD {
            self.odd.push(sequence);
        } else {
            self.more += 1;
        }
    }

    fn kind(&self, sequence: &Sequence, profile: &Profile) -> Option<&'m Kind> {
        let window = match &sequence.shape {
            Shape::Window(component) => Some(component.as_deref()),
            Shape::Transaction(_) => None,
        };
        self.model.kind(window, profile)
    }

    /// The templates of a sequence by their numbers.
    fn steps(&mut self, sequence: &Sequence, texts: &Texts) -> Vec<u32> {
        let steps = sequence.steps.iter();
        steps
            .map(|step| self.number(step.template, texts))
            .collect()
    }

    fn number(&mut self, text: u32, texts: &Texts) -> u32 {
        let at = text as usize;
        if self.numbers.len() <= at {
            self.numbers.resize(at + 1, UNSEEN);
        }
        if self.numbers[at] == UNSEEN {
            let known = self.matcher.find(texts.text(text));
            let unknown = self.model.templates.len() as u32 + text;
            self.numbers[at] = known.map_or(unknown, |known| known as u32);
        }
        self.numbers[at]
    }

    fn known_by_their_templates(&mut self, odd: &[Sequence], texts: &Texts, templates: &Templates) {
        let unknown = self.model.templates.len() as u32;
        let mut new: Vec<u32> = odd
            .iter()
            .flat_map(|sequence| &sequence.steps)
            .map(|step| step.template)
            .filter(|text| self.numbers[*text as usize] >= unknown)
            .filter(|text| templates.text(texts, *text) != texts.text(*text))
            .collect();
        new.sort_unstable();
        new.dedup();
        if new.is_empty() {
            return;
        }
        let here = TemplateMatcher::new(new.iter().map(|text| templates.text(texts, *text)));
        let mut known: HashMap<&str, u32> = HashMap::new();
        for (number, template) in self.model.templates.iter().enumerate() {
            if let Some(found) = here.find(template) {
                let template = templates.text(texts, new[found]);
                known.entry(template).or_insert(number as u32);
            }
        }
        for text in &new {
            if let Some(number) = known.get(templates.text(texts, *text)) {
                self.numbers[*text as usize] = *number;
            }
        }
    }
}

#[cfg(test)]
#[path = "sequences_tests.rs"]
mod tests;
