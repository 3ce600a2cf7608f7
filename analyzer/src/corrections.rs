//! What people corrected, by template: it overrides the score at once.

use std::collections::HashMap;

use logloop_records::{Correction, DataDir, Error, read_feedback};

/// The last correction of each template.
#[derive(Clone, Debug, Default)]
pub struct Corrections {
    by_template: HashMap<String, Correction>,
}

impl FromIterator<Correction> for Corrections {
    fn from_iter<I: IntoIterator<Item = Correction>>(all: I) -> Self {
        let mut corrections = Self::default();
        all.into_iter().for_each(|one| corrections.add(one));
        corrections
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

    /// The correction of a template is this one now; `None`: it was taken back.
    pub fn set(&mut self, template_id: &str, correction: Option<Correction>) {
        self.by_template.remove(template_id);
        if let Some(correction) = correction {
            self.add(correction);
        }
    }

    /// Adds a later correction.
    pub fn add(&mut self, correction: Correction) {
        if !correction.template_id.is_empty() {
            self.by_template
                .insert(correction.template_id.clone(), correction);
        }
    }

    /// The correction of a template.
    pub fn of(&self, template_id: &str) -> Option<&Correction> {
        self.by_template.get(template_id)
    }

    /// Corrected templates.
    pub fn len(&self) -> usize {
        self.by_template.len()
    }

    /// Whether nobody corrected anything.
    pub fn is_empty(&self) -> bool {
        self.by_template.is_empty()
    }
}
