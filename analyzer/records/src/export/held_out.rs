//! Which examples only judge.

use std::collections::HashSet;

use logloop_logs::{Template, TemplateMatcher};

use crate::feedback::Correction;

/// Masked texts, and templates, whose corrections judge models: no example of them is trained on.
#[derive(Debug, Default)]
pub(super) struct HeldOut {
    ids: HashSet<String>,
    templates: TemplateMatcher,
}

impl HeldOut {
    pub(super) fn of<'a>(corrections: impl Iterator<Item = &'a Correction> + Clone) -> Self {
        let held_out = corrections.filter(|correction| correction.held_out);
        let templates: HashSet<&str> = held_out
            .clone()
            .map(|correction| correction.holds_for.as_str())
            .filter(|template| !template.is_empty())
            .collect();
        Self {
            ids: held_out.map(|c| c.template_id.clone()).collect(),
            templates: TemplateMatcher::new(templates),
        }
    }

    pub(super) fn has(&self, masked: &Template) -> bool {
        self.ids.contains(&masked.id) || self.templates.find(&masked.text).is_some()
    }
}
