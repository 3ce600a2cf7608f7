//! What people corrected, by template: it overrides the score at once.

use std::collections::HashMap;

use logloop_records::{Correction, DataDir, Error, read_feedback};

/// The last correction of each template.
#[derive(Clone, Debug, Default)]
pub struct Corrections {
    by_template: HashMap<String, Correction>,
}

impl Corrections {
    /// Reads all feedback.
    pub fn read(data: &DataDir) -> Result<Self, Error> {
        let mut merged: Vec<_> = read_feedback(data)?.into_values().collect();
        merged.sort_by_key(|said| said.last);
        let mut corrections = Self::default();
        for correction in merged.into_iter().flat_map(|said| said.corrections) {
            corrections.add(correction);
        }
        Ok(corrections)
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
