//! What people corrected, by masked text and by template: it overrides the score at once.

use std::collections::HashMap;

use logloop_logs::{TemplateMatcher, template_id};
use logloop_records::{Correction, DataDir, Error, read_feedback};

/// The last correction of each masked text, and of each template that it was given for.
#[derive(Debug, Default)]
pub struct Corrections {
    by_text: HashMap<String, Correction>,
    /// Those that hold for a template, the last one last: the matcher has them the other way round, since the first of
    /// equal ones counts for it.
    by_template: Vec<Correction>,
    matcher: TemplateMatcher,
}

impl FromIterator<Correction> for Corrections {
    fn from_iter<I: IntoIterator<Item = Correction>>(all: I) -> Self {
        Self::default().with(all)
    }
}

impl Corrections {
    /// Reads all feedback.
    pub fn read(data: &DataDir) -> Result<Self, Error> {
        let mut merged: Vec<_> = read_feedback(data)?.into_values().collect();
        merged.sort_by_key(|said| said.last);
        let all = merged.into_iter().flat_map(|said| said.corrections);
        let (gold, others): (Vec<_>, Vec<_>) = all.partition(|correction| correction.gold);
        Ok(others.into_iter().chain(gold).collect())
    }

    /// These and later ones, which outweigh them.
    pub fn with(&self, later: impl IntoIterator<Item = Correction>) -> Self {
        let mut by_text = self.by_text.clone();
        let mut by_template = self.by_template.clone();
        for correction in later {
            if correction.template_id.is_empty() {
                continue;
            }
            by_template.retain(|known| known.template_id != correction.template_id);
            if !correction.holds_for.is_empty() {
                by_template.push(correction.clone());
            }
            by_text.insert(correction.template_id.clone(), correction);
        }
        let templates = by_template
            .iter()
            .rev()
            .map(|known| known.holds_for.as_str());
        Self {
            matcher: TemplateMatcher::new(templates),
            by_text,
            by_template,
        }
    }

    /// These without those of the masked texts with these ids.
    pub fn without(&self, template_ids: &[&str]) -> Self {
        let stays =
            |correction: &&Correction| !template_ids.contains(&correction.template_id.as_str());
        // Those for a template last: a later one of the same text must not outweigh them.
        let texts = self.by_text.values().filter(stays);
        texts
            .chain(self.by_template.iter().filter(stays))
            .cloned()
            .collect()
    }

    /// The correction of this very masked text, else of a template that it is an instance of.
    pub fn of(&self, masked: &str) -> Option<&Correction> {
        if self.by_text.is_empty() {
            return None;
        }
        self.by_text.get(&template_id(masked)).or_else(|| {
            self.matcher
                .find(masked)
                .map(|index| &self.by_template[self.by_template.len() - 1 - index])
        })
    }

    /// The correction of the masked text with this id.
    pub fn of_id(&self, template_id: &str) -> Option<&Correction> {
        self.by_text.get(template_id)
    }

    /// Corrected masked texts.
    pub fn len(&self) -> usize {
        self.by_text.len()
    }

    /// Whether nobody corrected anything.
    pub fn is_empty(&self) -> bool {
        self.by_text.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correction(text: &str, holds_for: &str, is_failure: bool) -> Correction {
        Correction {
            is_failure,
            template: text.to_owned(),
            template_id: template_id(text),
            holds_for: holds_for.to_owned(),
            ..Correction::default()
        }
    }

    #[test]
    fn the_very_text_then_its_template() {
        let corrections = Corrections::default()
            .with([correction("user alice is gone", "user <*> is gone", true)])
            .with([correction("user bob is gone", "", false)]);
        let is_failure = |text| corrections.of(text).map(|found| found.is_failure);
        assert_eq!(is_failure("user alice is gone"), Some(true));
        assert_eq!(is_failure("user bob is gone"), Some(false));
        assert_eq!(is_failure("user carol is gone"), Some(true));
        assert_eq!(is_failure("user carol is back"), None);
        assert_eq!(corrections.len(), 2);

        let later = corrections.with([correction("user dan is gone", "user <*> is gone", false)]);
        let carol = |corrections: &Corrections| {
            let found = corrections.of("user carol is gone");
            found.map(|found| found.is_failure)
        };
        assert_eq!(carol(&later), Some(false));
        let ids = ["user dan is gone", "user alice is gone"].map(template_id);
        let taken_back = later.without(&[&ids[0]]);
        assert_eq!(carol(&taken_back), Some(true));
        assert_eq!(carol(&taken_back.without(&[&ids[1]])), None);
    }
}
