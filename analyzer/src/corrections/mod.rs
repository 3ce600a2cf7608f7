//! What people corrected, by masked text and by template: it overrides the score at once.
//!
//! A correction holds for whom it is from; a reviewer's (gold) for everybody.

mod held_out;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use logloop_logs::{TemplateMatcher, template_id};
use logloop_records::{Correction, DataDir, Error, read_feedback};

pub use held_out::{HeldOut, Undecided};

/// All corrections that count.
#[derive(Clone, Debug, Default)]
pub struct Corrections {
    everybody: Layer,
    of_subject: HashMap<Option<String>, Layer>,
    held_out: HeldOut,
}

/// What holds for one caller.
#[derive(Clone, Copy, Debug)]
pub struct CorrectionsFor<'a> {
    everybody: &'a Layer,
    own: Option<&'a Layer>,
}

/// The last correction of each masked text, and of each template that it was given for.
#[derive(Clone, Debug, Default)]
struct Layer {
    by_text: HashMap<String, Correction>,
    /// Those that hold for a template, the last one last: the matcher has them the other way round, since the first of
    /// equal ones counts for it.
    by_template: Vec<Correction>,
    matcher: Arc<TemplateMatcher>,
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
        Ok(merged
            .into_iter()
            .flat_map(|said| said.corrections)
            .collect())
    }

    /// These and later ones, which outweigh them.
    pub fn with(self, later: impl IntoIterator<Item = Correction>) -> Self {
        self.changed(&HashSet::new(), later)
    }

    /// These without those of the masked texts with these ids, and with later ones, which outweigh them.
    pub fn changed(
        mut self,
        without: &HashSet<&str>,
        later: impl IntoIterator<Item = Correction>,
    ) -> Self {
        let later: Vec<Correction> = later
            .into_iter()
            .filter(|correction| !correction.template_id.is_empty())
            .collect();
        self.held_out.change(without, later.iter());
        let mut added: HashMap<Option<Option<String>>, Vec<Correction>> = HashMap::new();
        for correction in later {
            let whose = (!correction.gold).then(|| correction.subject.clone());
            added.entry(whose).or_default().push(correction);
        }
        let gold = added.remove(&None).unwrap_or_default();
        self.everybody.change(without, gold);
        for (subject, layer) in &mut self.of_subject {
            let own = added.remove(&Some(subject.clone()));
            layer.change(without, own.unwrap_or_default());
        }
        for (whose, own) in added {
            let layer = self.of_subject.entry(whose.flatten()).or_default();
            layer.change(without, own);
        }
        self.of_subject.retain(|_, layer| !layer.by_text.is_empty());
        self
    }

    /// What holds for a caller: their own, and everybody's.
    pub fn of(&self, subject: Option<&str>) -> CorrectionsFor<'_> {
        CorrectionsFor {
            everybody: &self.everybody,
            own: self.of_subject.get(&subject.map(str::to_owned)),
        }
    }

    /// What was decided about which of them are held out.
    pub fn held_out(&self) -> &HeldOut {
        &self.held_out
    }

    /// Corrected masked texts.
    pub fn len(&self) -> usize {
        self.held_out.len()
    }

    /// Whether nobody corrected anything.
    pub fn is_empty(&self) -> bool {
        self.held_out.len() == 0
    }
}

impl<'a> CorrectionsFor<'a> {
    /// Corrected masked texts.
    pub fn len(&self) -> usize {
        let own = self.own.map(|own| &own.by_text);
        let others = &self.everybody.by_text;
        let only_own = own.map_or(0, |own| {
            own.keys().filter(|id| !others.contains_key(*id)).count()
        });
        others.len() + only_own
    }

    /// Whether none holds.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The correction of this very masked text, else of a template that it is an instance of; of two of the
    /// same kind a reviewer's before one's own.
    pub fn find(&self, masked: &str) -> Option<&'a Correction> {
        let layers = [Some(self.everybody), self.own];
        let layers = layers
            .into_iter()
            .flatten()
            .filter(|layer| !layer.by_text.is_empty());
        let mut id = None;
        for layer in layers.clone() {
            let id = id.get_or_insert_with(|| template_id(masked));
            if let Some(found) = layer.by_text.get(id) {
                return Some(found);
            }
        }
        layers
            .into_iter()
            .find_map(|layer| layer.instance_of(masked))
    }
}

impl Layer {
    fn change(&mut self, without: &HashSet<&str>, later: Vec<Correction>) {
        let before = self.by_text.len();
        let stays = |correction: &Correction| !without.contains(correction.template_id.as_str());
        self.by_text.retain(|_, correction| stays(correction));
        if later.is_empty() && self.by_text.len() == before {
            return;
        }
        let ids = later
            .iter()
            .map(|correction| correction.template_id.clone());
        let last: HashMap<String, usize> = ids.zip(0..).collect();
        self.by_template
            .retain(|correction| stays(correction) && !last.contains_key(&correction.template_id));
        for (at, correction) in later.into_iter().enumerate() {
            if last[&correction.template_id] != at {
                continue;
            }
            if !correction.holds_for.is_empty() {
                self.by_template.push(correction.clone());
            }
            self.by_text
                .insert(correction.template_id.clone(), correction);
        }
        let templates = self.by_template.iter().rev();
        let templates = templates.map(|known| known.holds_for.as_str());
        self.matcher = Arc::new(TemplateMatcher::new(templates));
    }

    fn instance_of(&self, masked: &str) -> Option<&Correction> {
        let index = self.matcher.find(masked)?;
        Some(&self.by_template[self.by_template.len() - 1 - index])
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

    fn is_failure(corrections: &Corrections, whose: Option<&str>, text: &str) -> Option<bool> {
        let found = corrections.of(whose).find(text);
        found.map(|found| found.is_failure)
    }

    #[test]
    fn the_very_text_then_its_template() {
        let corrections = Corrections::default()
            .with([correction("user alice is gone", "user <*> is gone", true)])
            .with([correction("user bob is gone", "", false)]);
        let of = |text| is_failure(&corrections, None, text);
        assert_eq!(of("user alice is gone"), Some(true));
        assert_eq!(of("user bob is gone"), Some(false));
        assert_eq!(of("user carol is gone"), Some(true));
        assert_eq!(of("user carol is back"), None);
        assert_eq!(corrections.len(), 2);

        let carol = |corrections: &Corrections| is_failure(corrections, None, "user carol is gone");
        let later = corrections.with([correction("user dan is gone", "user <*> is gone", false)]);
        assert_eq!(carol(&later), Some(false));
        let ids = ["user dan is gone", "user alice is gone"].map(template_id);
        let taken_back = later.changed(&HashSet::from([ids[0].as_str()]), []);
        assert_eq!(carol(&taken_back), Some(true));
        let all = taken_back.changed(&HashSet::from([ids[1].as_str()]), []);
        assert_eq!((carol(&all), all.len()), (None, 1));
    }

    /// So many that a look at all others for each of them would be felt at every start.
    #[test]
    fn of_many_at_once_the_last_of_each_text_counts() {
        let text = |at: usize, who: &str| format!("job {} of {who} is late", "x".repeat(at % 97));
        let all =
            (0..20_000).map(|at| correction(&text(at, "ann"), &text(at, "<*>"), at >= 19_950));
        let corrections: Corrections = all.collect();
        assert_eq!(corrections.len(), 97);
        let of = |at, who| is_failure(&corrections, None, &text(at, who));
        for who in ["ann", "bob"] {
            assert_eq!(
                (of(19_999, who), of(19_949, who)),
                (Some(true), Some(false))
            );
        }
    }

    #[test]
    fn a_correction_holds_for_whom_it_is_from_and_a_reviewers_for_everybody() {
        let text = "card <*> declined";
        let said = |subject: Option<&str>, gold, is_failure| Correction {
            subject: subject.map(str::to_owned),
            gold,
            ..correction(text, text, is_failure)
        };
        let corrections: Corrections = [said(Some("ann"), false, false)].into_iter().collect();
        for (whose, wanted) in [
            (Some("ann"), Some(false)),
            (Some("bob"), None),
            (None, None),
        ] {
            assert_eq!(is_failure(&corrections, whose, text), wanted, "{whose:?}");
        }
        let reviewed = corrections.with([said(Some("rae"), true, true)]);
        for whose in [Some("ann"), Some("bob"), None] {
            assert_eq!(is_failure(&reviewed, whose, text), Some(true), "{whose:?}");
        }
        let ids = HashSet::from([reviewed.everybody.by_text.keys().next().unwrap().clone()]);
        let ids = ids.iter().map(String::as_str).collect();
        let without = reviewed.changed(&ids, [said(Some("ann"), false, false)]);
        assert_eq!(is_failure(&without, Some("ann"), text), Some(false));
        assert_eq!(is_failure(&without, Some("bob"), text), None);
    }
}
