//! The log of a good run, to compare with.

use std::collections::{HashMap, HashSet};

use logloop_logs::{Entry, Format, Template, Templates, Texts, parse_each};
use logloop_records::{Comparison, Failure, TemplateChange};

use super::changes::{Change, Changes, Occurrences, compare};

/// A good run: its distinct masked texts, and how often each occurs.
#[derive(Default)]
pub struct Baseline {
    texts: Texts,
    lines: u64,
}

impl Baseline {
    /// Reads a log that is in memory.
    pub fn of(text: &str, format: Option<Format>) -> Self {
        let mut baseline = Self::default();
        parse_each(text, format, |entry| baseline.push(&entry));
        baseline
    }

    /// Takes the next entry.
    pub fn push(&mut self, entry: &Entry<'_>) {
        self.texts.add(&entry.message, entry.line_start);
        self.lines = entry.line_end;
    }

    /// Whether no entry has the masked text with this key.
    pub(super) fn lacks(&self, key: u64) -> bool {
        self.texts.find_key(key).is_none()
    }

    /// Adds the masked texts that another log lacks to those of that log, so that the templates of both are found
    /// together; the place of each.
    pub(super) fn join(&self, texts: &mut Texts) -> Vec<Option<u32>> {
        (0..self.texts.len() as u32)
            .map(|text| {
                let known = texts.find_key(self.texts.key(text));
                known.or_else(|| {
                    texts.add_masked(self.texts.text(text), self.texts.first_line(text))
                })
            })
            .collect()
    }

    /// What differs. The first `own` of `texts` are those of the log, `joined` are the places of those of the good run.
    pub(super) fn compare(
        &self,
        texts: &Texts,
        own: usize,
        joined: &[Option<u32>],
        templates: &Templates,
        failures: &[Failure],
    ) -> Comparison {
        let (mut here, mut good) = (Occurrences::default(), Occurrences::default());
        for text in 0..own as u32 {
            here.add(
                templates.number(text),
                texts.count(text),
                texts.first_line(text),
            );
        }
        let mut first_text = HashMap::new();
        for (at, place) in joined.iter().enumerate() {
            let Some(place) = *place else { continue };
            let (at, number) = (at as u32, templates.number(place));
            good.add(number, self.texts.count(at), self.texts.first_line(at));
            first_text.entry(number).or_insert(place);
        }
        for text in 0..own as u32 {
            first_text.entry(templates.number(text)).or_insert(text);
        }
        let template = |number: u64| templates.template(texts, first_text[&number]);
        let ids: HashSet<&str> = failures
            .iter()
            .map(|failure| failure.template_id.as_str())
            .collect();
        // Told once for each template, not at each comparison of two.
        let failing: HashSet<u64> = first_text
            .keys()
            .copied()
            .filter(|number| ids.contains(template(*number).id.as_str()))
            .collect();
        let failing = |number: u64| failing.contains(&number);
        let Changes {
            new,
            gone,
            changed,
            left_out,
        } = compare(&here, &good, failing);
        let told = |list: Vec<Change>| -> Vec<TemplateChange> {
            list.into_iter()
                .map(|change| {
                    let Template { id, text } = template(change.key);
                    let seen = if change.here.count > 0 {
                        change.here
                    } else {
                        change.there
                    };
                    TemplateChange {
                        template_id: id,
                        template: text,
                        line: seen.line,
                        count: change.here.count,
                        baseline_count: change.there.count,
                        is_failure: failing(change.key),
                    }
                })
                .collect()
        };
        Comparison {
            baseline_lines: self.lines,
            new: told(new),
            gone: told(gone),
            changed: told(changed),
            left_out,
        }
    }
}
