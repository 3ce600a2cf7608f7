//! Which corrections are held out: they judge models, and are never trained on. Decided by template, and stored with the
//! first correction of it, so that what judges is no instance of what was taught.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use logloop_logs::{Template, TemplateMatcher, template_id};
use logloop_records::{Correction, held_out};

/// What was decided about corrections so far, whosever they are.
#[derive(Clone, Debug, Default)]
pub struct HeldOut {
    /// By id of the masked text.
    members: HashMap<String, Member>,
    /// The templates that corrections were given for; the same order as `of_template`.
    matcher: Arc<TemplateMatcher>,
    of_template: Vec<bool>,
}

#[derive(Clone, Debug)]
struct Member {
    text: String,
    holds_for: String,
    held_out: bool,
}

impl Member {
    /// What the decision went by: its template, where it has one, else its text.
    fn statement(&self) -> &str {
        statement(&self.text, &self.holds_for)
    }
}

fn statement<'a>(text: &'a str, holds_for: &'a str) -> &'a str {
    if holds_for.is_empty() {
        text
    } else {
        holds_for
    }
}

/// A correction about which nothing is decided yet.
#[derive(Clone, Copy, Debug)]
pub struct Undecided<'a> {
    /// The masked text.
    pub text: &'a Template,
    /// The template that it is given for; empty where there is none.
    pub holds_for: &'a str,
}

impl HeldOut {
    /// Without those of the masked texts with these ids, and with later ones.
    pub(super) fn change<'a>(
        &mut self,
        without: &HashSet<&str>,
        later: impl Iterator<Item = &'a Correction>,
    ) {
        self.members.retain(|id, _| !without.contains(id.as_str()));
        for said in later {
            let member = Member {
                text: said.template.clone(),
                holds_for: said.holds_for.clone(),
                held_out: said.held_out,
            };
            self.members.insert(said.template_id.clone(), member);
        }
        let mut templates: HashMap<&str, bool> = HashMap::new();
        for member in self.members.values().filter(|m| !m.holds_for.is_empty()) {
            both(&mut templates, &member.holds_for, member.held_out);
        }
        let mut templates: Vec<(&str, bool)> = templates.into_iter().collect();
        templates.sort_unstable();
        self.of_template = templates.iter().map(|(_, held_out)| *held_out).collect();
        let texts = templates.into_iter().map(|(text, _)| text);
        self.matcher = Arc::new(TemplateMatcher::new(texts));
    }

    /// Whether corrections of the masked text with this id are held out; `None`: nobody corrected it.
    pub fn of(&self, template_id: &str) -> Option<bool> {
        self.members.get(template_id).map(|member| member.held_out)
    }

    /// Corrected masked texts.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether each of these is held out. What was decided of a text stays. Of another text it goes as with the template that
    /// it is given for or is an instance of; where that has been taught and held out, it is taught. Else the hash of the
    /// template decides, or of the text where there is none.
    pub fn decide<'a>(&self, new: &[Undecided<'a>]) -> Vec<bool> {
        let asked: BTreeSet<&'a str> = new.iter().map(|new| new.holds_for).collect();
        let asked: Vec<&'a str> = asked.into_iter().filter(|text| !text.is_empty()).collect();
        let matcher = TemplateMatcher::new(asked.iter().copied());
        // Texts that were corrected by themselves, before their template was known.
        let mut of_asked: HashMap<&str, bool> = HashMap::new();
        for member in self.members.values().filter(|_| !asked.is_empty()) {
            if let Some(index) = matcher.find(&member.text) {
                both(&mut of_asked, asked[index], member.held_out);
            }
        }
        let of_template = |text: &str| Some(self.of_template[self.matcher.find(text)?]);
        let statements: HashSet<&str> = self.members.values().map(Member::statement).collect();
        let mut corrected = statements.len();
        let mut decided: HashMap<&'a str, bool> = HashMap::new();
        let mut decide = |new: &Undecided<'a>| {
            if let Some(earlier) = self.of(&new.text.id) {
                return earlier;
            }
            let instance = || matcher.find(&new.text.text).map(|index| asked[index]);
            let template = Some(new.holds_for).filter(|text| !text.is_empty());
            let template = template.or_else(instance).unwrap_or_default();
            let key = statement(&new.text.text, template);
            if let Some(known) = decided.get(key) {
                return *known;
            }
            let earlier = [
                of_template(&new.text.text),
                of_template(template),
                of_asked.get(template).copied(),
            ];
            let earlier = earlier.into_iter().flatten().reduce(|a, b| a && b);
            let is_held_out = earlier.unwrap_or_else(|| {
                corrected += 1;
                held_out(&template_id(key), corrected)
            });
            decided.insert(key, is_held_out);
            is_held_out
        };
        new.iter().map(&mut decide).collect()
    }
}

/// Held out only if all of them are.
fn both<'a>(of: &mut HashMap<&'a str, bool>, text: &'a str, held_out: bool) {
    of.entry(text)
        .and_modify(|all| *all &= held_out)
        .or_insert(held_out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, holds_for: &str, held_out: bool) -> Correction {
        Correction {
            template: text.to_owned(),
            template_id: template_id(text),
            holds_for: holds_for.to_owned(),
            held_out,
            ..Correction::default()
        }
    }

    fn known(all: &[Correction]) -> HeldOut {
        let mut held_out = HeldOut::default();
        held_out.change(&HashSet::new(), all.iter());
        held_out
    }

    fn decide(held_out: &HeldOut, new: &[(&str, &str)]) -> Vec<bool> {
        let texts: Vec<Template> = new
            .iter()
            .map(|(text, _)| Template::of((*text).to_owned()))
            .collect();
        let new: Vec<Undecided<'_>> = texts
            .iter()
            .zip(new)
            .map(|(text, (_, holds_for))| Undecided { text, holds_for })
            .collect();
        held_out.decide(&new)
    }

    const GONE: &str = "user <*> is gone";

    #[test]
    fn what_was_decided_of_a_template_holds_for_its_other_texts() {
        let ann = |held_out| said("user ann is gone", GONE, held_out);
        let alone = |held_out| said("user ann is gone", "", held_out);
        let both = [ann(true), said("user bob is gone", GONE, false)];
        for (earlier, new, expect) in [
            // The very text; another one of the template; one that no group lists.
            (&[ann(true)][..], ("user ann is gone", ""), true),
            (&[ann(true)], ("user eve is gone", GONE), true),
            (&[ann(true)], ("user eve is gone", ""), true),
            (&[ann(false)], ("user eve is gone", GONE), false),
            // It was corrected by itself, before the template was known.
            (&[alone(true)], ("user eve is gone", GONE), true),
            (&[alone(false)], ("user eve is gone", GONE), false),
            // Stored before this was decided by template: as it stands, and taught for what comes.
            (&both, ("user ann is gone", GONE), true),
            (&both, ("user bob is gone", GONE), false),
            (&both, ("user eve is gone", GONE), false),
        ] {
            assert_eq!(
                decide(&known(earlier), &[new]),
                [expect],
                "{earlier:?} {new:?}"
            );
        }
        let mut taken_back = known(&both);
        let bob = template_id("user bob is gone");
        taken_back.change(&HashSet::from([bob.as_str()]), [].iter());
        assert_eq!(decide(&taken_back, &[("user eve is gone", GONE)]), [true]);
        assert_eq!((taken_back.len(), taken_back.of(&bob)), (1, None));
    }

    /// Names of templates of which the hash says that they are held out.
    fn odd_ones() -> impl Iterator<Item = String> {
        let all = (0..).map(|n| format!("job {} of <*> is late", "x".repeat(n)));
        all.filter(|text| held_out(&template_id(text), usize::MAX))
    }

    #[test]
    fn a_request_decides_once_a_template_and_counts_templates() {
        let odd: Vec<String> = odd_ones().take(3).collect();
        let of = |at: usize, name: &str| odd[at].replace("<*>", name);
        let (ann, bob, eve) = (of(0, "ann"), of(0, "bob"), of(0, "eve"));
        // Five texts of one template are one: too few to hold any out.
        let few: Vec<String> = ["a", "b", "c", "d", "e"].map(|name| of(0, name)).to_vec();
        let few: Vec<(&str, &str)> = few
            .iter()
            .map(|text| (text.as_str(), odd[0].as_str()))
            .collect();
        assert_eq!(decide(&HeldOut::default(), &few), [false; 5]);
        let four = ["p", "q", "r", "s"].map(|text| said(text, "", false));
        let asked = [
            (eve.as_str(), ""),
            (ann.as_str(), odd[0].as_str()),
            (bob.as_str(), odd[0].as_str()),
            (odd[1].as_str(), ""),
            ("some other text", ""),
        ];
        let decided = decide(&known(&four), &asked);
        assert_eq!(decided[..4], [true; 4], "in whatever order they are listed");
        assert_eq!(
            decide(&known(&four[..3]), &asked[..3]),
            [false; 3],
            "four templates"
        );
    }
}
