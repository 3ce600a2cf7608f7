//! What speaks against a sequence being normal, each with the share of normal ones of which one could say the same.

use super::check::Check;
use super::kind::{Kind, MIN_FOLLOWED, find};
use super::profile::Profile;
use super::table::TRUST;

/// What is at least this frequent among normal sequences is no evidence.
const FREQUENT: f64 = 0.05;

/// One thing that is odd.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// What it is about.
    pub check: Check,
    /// Smoothed share of normal sequences that are as odd in this, 0 to 1.
    pub p: f64,
    /// The template, if it is about one.
    pub template: Option<u32>,
    /// The other template of two.
    pub other: Option<u32>,
    /// How often the template occurs, or how many entries there are.
    pub count: u32,
    /// What is usual instead: the nearest count seen in a normal sequence.
    pub usual: u32,
    /// Normal sequences that are the same in this, as a weight.
    pub seen: u64,
    /// Normal sequences that it is compared with, as a weight.
    pub of: u64,
}

/// All evidence against a sequence of a kind, the rarest first.
pub fn evidence(kind: &Kind, profile: &Profile) -> Vec<Evidence> {
    let mut found = Found {
        kind,
        list: vec![],
        profile,
    };
    found.templates();
    found.ends();
    found.followed();
    found.combination();
    found.lengths();
    found.steps();
    let mut list = found.list;
    list.sort_by(|a, b| a.p.total_cmp(&b.p).then(a.check.cmp(&b.check)));
    list
}

/// The share of normal sequences that break a rule of order, as high as it could well be: two deviations above what was
/// counted. Rules of order are many, so that some look stricter than they are.
fn at_most(broken: u64, of: u64) -> f64 {
    let trust = TRUST as f64;
    let (broken, of) = (broken as f64 / trust, of as f64 / trust);
    ((broken + 2.0 * broken.sqrt() + 1.0) / (of + 1.0)).min(1.0)
}

struct Found<'k> {
    kind: &'k Kind,
    profile: &'k Profile,
    list: Vec<Evidence>,
}

impl Found<'_> {
    fn add(&mut self, evidence: Evidence) {
        let check = evidence.check;
        let fits = (self.profile.whole || check.holds_for_parts())
            && (!self.kind.windows || check.holds_for_windows());
        if fits && evidence.p < FREQUENT {
            self.list.push(evidence);
        }
    }

    /// Evidence whose p-value is `weight` of all sequences, the one in question counted as another.
    fn of_all(&self, check: Check, weight: f64) -> Evidence {
        Evidence {
            check,
            p: (weight / (self.kind.weight + TRUST) as f64).min(1.0),
            template: None,
            other: None,
            count: 0,
            usual: 0,
            seen: 0,
            of: self.kind.weight,
        }
    }

    fn templates(&mut self) {
        let all = self.kind.weight;
        for (&template, &count) in &self.profile.counts {
            let Some(counts) = self.kind.template(template) else {
                // How likely is one that was never seen? As those that were seen once (Good and Turing).
                let weight = (self.kind.rare_templates + TRUST) as f64;
                self.add(Evidence {
                    template: Some(template),
                    count,
                    ..self.of_all(Check::NewTemplate, weight)
                });
                continue;
            };
            let present = counts.total();
            self.add(Evidence {
                template: Some(template),
                count,
                seen: present,
                ..self.of_all(Check::NewTemplate, (present + TRUST) as f64)
            });
            self.add(Evidence {
                template: Some(template),
                count,
                usual: counts.largest(),
                seen: present - counts.up_to(count.saturating_sub(1)),
                ..self.of_all(Check::TooOften, counts.from(count))
            });
            let fewer = all - present + counts.up_to(count);
            self.add(Evidence {
                template: Some(template),
                count,
                usual: counts.smallest(),
                seen: fewer,
                ..self.of_all(Check::TooSeldom, (fewer + TRUST) as f64)
            });
        }
        for (template, counts) in &self.kind.templates {
            if !self.profile.counts.contains_key(template) {
                let lack = all - counts.total();
                self.add(Evidence {
                    template: Some(*template),
                    usual: counts.smallest(),
                    seen: lack,
                    ..self.of_all(Check::Missing, (lack + TRUST) as f64)
                });
            }
        }
    }

    fn ends(&mut self) {
        let steps = &self.profile.steps;
        let (Some(&first), Some(&last)) = (steps.first(), steps.last()) else {
            return;
        };
        for (check, list, template) in [
            (Check::BeginsOddly, &self.kind.begins, first),
            (Check::EndsEarly, &self.kind.ends, last),
        ] {
            // One that is not known at all is evidence as such.
            if self.kind.template(template).is_none() {
                continue;
            }
            let seen = find(list, template).unwrap_or_default();
            self.add(Evidence {
                template: Some(template),
                count: steps.len() as u32,
                usual: self.kind.lengths.smallest(),
                seen,
                ..self.of_all(check, (seen + TRUST) as f64)
            });
        }
    }

    fn followed(&mut self) {
        for (template, after) in self.profile.followers() {
            let Some(counts) = self.kind.template(template) else {
                continue;
            };
            let of = counts.total();
            if of < MIN_FOLLOWED * TRUST {
                continue;
            }
            let list = &self.kind.followed;
            let from = list.partition_point(|(known, ..)| *known < template);
            let own = list[from..]
                .iter()
                .take_while(|(known, ..)| *known == template);
            let lacking: Vec<(u32, u64)> = own
                .filter(|(_, other, _)| after.binary_search(other).is_err())
                .map(|(_, other, lacking)| (*other, *lacking))
                .collect();
            for (other, lacking) in lacking {
                self.add(Evidence {
                    check: Check::NotFollowed,
                    p: at_most(lacking, of),
                    template: Some(template),
                    other: Some(other),
                    count: 0,
                    usual: 0,
                    seen: lacking,
                    of,
                });
            }
        }
    }

    /// The share of normal sequences whose counts are as rare as these (for counts that were never seen: those seen once).
    fn combination(&mut self) {
        let seen = find(&self.kind.vectors, self.profile.vector()).unwrap_or_default();
        let as_rare: u64 = self
            .kind
            .vectors
            .iter()
            .filter(|(_, weight)| *weight <= seen)
            .map(|(_, weight)| weight)
            .sum();
        let weight = self.kind.rare_vectors + as_rare + TRUST;
        self.add(Evidence {
            count: self.profile.counts.len() as u32,
            seen,
            ..self.of_all(Check::Combination, weight as f64)
        });
    }

    fn lengths(&mut self) {
        let lengths = &self.kind.lengths;
        let count = self.profile.steps.len() as u32;
        let fewer = lengths.up_to(count);
        self.add(Evidence {
            count,
            usual: lengths.smallest(),
            seen: fewer,
            ..self.of_all(Check::Length, (fewer + TRUST) as f64)
        });
        self.add(Evidence {
            count,
            usual: lengths.largest(),
            seen: lengths.total() - lengths.up_to(count.saturating_sub(1)),
            ..self.of_all(Check::Length, lengths.from(count))
        });
    }

    fn steps(&mut self) {
        for pair in self.profile.steps.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let (Some(counts), Some(_)) = (self.kind.template(from), self.kind.template(to)) else {
                continue;
            };
            let (seen, of) = (self.kind.step(from, to), counts.total());
            let evidence = Evidence {
                check: Check::Step,
                p: at_most(seen, of),
                template: Some(from),
                other: Some(to),
                count: 0,
                usual: 0,
                seen,
                of,
            };
            if !self.list.contains(&evidence) {
                self.add(evidence);
            }
        }
    }
}
