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
        let held_out = corrections.clone().filter(|correction| correction.held_out);
        let taught: HashSet<&str> = corrections
            .filter(|correction| !correction.held_out)
            .map(|correction| correction.holds_for.as_str())
            .collect();
        // Where several texts of a template were corrected, each goes by itself.
        let templates: HashSet<&str> = held_out
            .clone()
            .map(|correction| correction.holds_for.as_str())
            .filter(|template| !template.is_empty() && !taught.contains(template))
            .collect();
        Self {
            ids: held_out.map(|c| c.template_id.clone()).collect(),
            templates: TemplateMatcher::new(templates),
        }
    }

    pub(super) fn has(&self, masked: &Template) -> bool {
        // Most data sets hold nothing out: then nothing is looked up, not even by words.
        !self.ids.is_empty() && self.ids.contains(&masked.id)
            || !self.templates.is_empty() && self.templates.find(&masked.text).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correction(text: &str, holds_for: &str, held_out: bool) -> Correction {
        Correction {
            template_id: logloop_logs::template_id(text),
            holds_for: holds_for.to_owned(),
            held_out,
            ..Correction::default()
        }
    }

    #[test]
    fn a_template_goes_with_its_only_correction() {
        let group = "user <*> is gone";
        let one = [correction("user ann is gone", group, true)];
        let both = [
            correction("user ann is gone", group, true),
            correction("user bob is gone", group, false),
        ];
        for (corrections, text, expect) in [
            (&one[..], "user ann is gone", true),
            (&one, "user bob is gone", true),
            (&one, "user bob is back", false),
            (&both, "user ann is gone", true),
            (&both, "user bob is gone", false),
            (&both, "user eve is gone", false),
        ] {
            let held_out = HeldOut::of(corrections.iter());
            assert_eq!(
                held_out.has(&logloop_logs::template(text)),
                expect,
                "{text}"
            );
        }
    }
}
