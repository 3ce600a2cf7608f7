//! All feedback in memory, kept up by reading only what is new.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::{Correction, Feedback, FeedbackFigures, Merged};
use crate::crc::{self, Check};
use crate::erase::Erased;
use crate::error::Error;
use crate::filesystem::{FileId, Stream};
use crate::layout::{DataDir, Kind};
use crate::store::{Landmark, for_each_line, segments};

/// Feedback by interaction and by template.
#[derive(Debug, Default)]
pub(super) struct Index {
    merged: HashMap<Uuid, Merged>,
    /// Lines that were corrected once, by the template of their entry.
    by_template: HashMap<String, HashSet<(Uuid, u64)>>,
    /// Up to where each segment is read. A segment keeps its file when it is sealed.
    read: HashMap<FileId, Landmark>,
    /// What is left out.
    erased: Arc<Erased>,
}

impl Index {
    /// Reads what was appended since, by whatever process. An event that is read twice changes nothing. After an erasure
    /// all is read again: what was merged cannot be taken apart.
    /// Says whether there is anything that was not there before.
    pub(super) fn refresh(&mut self, data: &DataDir, erased: &Arc<Erased>) -> Result<bool, Error> {
        let begun_again = !Arc::ptr_eq(&self.erased, erased);
        if begun_again {
            *self = Self {
                erased: Arc::clone(erased),
                ..Self::default()
            };
        }
        let mut read = HashMap::new();
        let mut added = begun_again;
        for segment in segments(data, Kind::Feedback)? {
            let Some((file, end)) = segment.handle()? else {
                continue;
            };
            let known = self.read.get(&segment.id);
            let known = known.filter(|known| known.is_in(&file)).cloned();
            let known = known.unwrap_or_default();
            let from = known.end();
            let mut done = from;
            if end > from {
                let stream = Stream::new(Arc::clone(&file), from, end);
                for_each_line(stream, &segment.path, |line| {
                    if line.ended {
                        done = from + line.offset + line.length;
                        if crc::check(line.bytes) != Check::Wrong
                            && let Ok(event) = serde_json::from_slice::<Feedback>(line.bytes)
                        {
                            self.add(event);
                            added = true;
                        }
                    }
                    Ok(())
                })?;
            }
            let read_now = match done > from {
                true => Landmark::of(&file, &segment.path, done)?,
                false => known,
            };
            read.insert(segment.id, read_now);
        }
        self.read = read;
        Ok(added)
    }

    /// Whether this is what is not erased by now.
    pub(super) fn knows(&self, erased: &Arc<Erased>) -> bool {
        Arc::ptr_eq(&self.erased, erased)
    }

    pub(super) fn add(&mut self, event: Feedback) {
        if self.erased.is_said_erased(&event) {
            return;
        }
        let id = event.interaction_id;
        for correction in &event.corrections {
            if !correction.template_id.is_empty() {
                let lines = self.by_template.entry(correction.template_id.clone());
                lines.or_default().insert((id, correction.line));
            }
        }
        self.merged.entry(id).or_default().add(event);
    }

    pub(super) fn of(&self, id: Uuid) -> Option<&Merged> {
        self.merged.get(&id)
    }

    /// The corrections of a template that count: the latest gold one, and the latest of each subject.
    pub(super) fn corrections_of(&self, template_id: &str) -> Vec<&Correction> {
        let lines = self.by_template.get(template_id).into_iter().flatten();
        let mut latest = HashMap::new();
        for (id, line) in lines {
            let Some(merged) = self.merged.get(id) else {
                continue;
            };
            let of_line = |c: &&Correction| c.line == *line && c.template_id == template_id;
            if let Some(correction) = merged.corrections.iter().find(of_line)
                && let Some((_, said)) = merged.stamp(*line)
            {
                let whose = (!correction.gold).then_some(&correction.subject);
                let this = ((said, *id, *line), correction);
                latest
                    .entry(whose)
                    .and_modify(|known: &mut (_, &Correction)| {
                        if known.0 < this.0 {
                            *known = this;
                        }
                    })
                    .or_insert(this);
            }
        }
        latest
            .into_values()
            .map(|(_, correction)| correction)
            .collect()
    }

    /// How much was said by now.
    pub(super) fn figures(&self) -> FeedbackFigures {
        let all = self.merged.values();
        FeedbackFigures {
            feedback: all.clone().filter(|said| said.says_something()).count() as u64,
            corrections: all.clone().map(|said| said.corrections.len() as u64).sum(),
            negative: all.filter(|said| said.is_useful == Some(false)).count() as u64,
        }
    }

    /// Templates with a correction that counts.
    pub(super) fn templates(&self) -> impl Iterator<Item = &str> {
        self.by_template.keys().map(String::as_str)
    }

    pub(super) fn forget(&mut self, id: Uuid) {
        self.merged.remove(&id);
    }

    pub(super) fn into_merged(self) -> HashMap<Uuid, Merged> {
        self.merged
    }
}
